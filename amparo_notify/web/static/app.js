// Small help for the pages: everything works without it, only less comfortably.
(() => {
  "use strict";
  // The server's clock, as of this page: a phone's own may be minutes off.
  const offset = Date.parse(document.body.dataset.now) - Date.now();
  const two = (n) => String(n).padStart(2, "0");

  function left(ms) {
    const s = Math.floor(ms / 1000), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24;
    const tail = two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
    return d ? `${d} d ${two(h)}:${tail}` : h ? `${h}:${tail}` : tail;
  }

  function tick() {
    const now = Date.now() + offset;
    for (const element of document.querySelectorAll("time[data-count]")) {
      const ms = Date.parse(element.dateTime) - now;
      const text = ms > 0 ? left(ms) : element.dataset.past || "00:00";
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle("soon", ms > 0 && ms < 60000);
      element.classList.toggle("over", ms <= 0);
    }
  }
  tick();
  setInterval(tick, 1000);

  // Live fragments: ask only for what has changed, and say so when the line is down.
  const toast = document.getElementById("toast");
  let tags = {}, lost = null;
  function say(text) {
    toast.textContent = text;
    toast.hidden = !text;
  }
  document.addEventListener("htmx:configRequest", (event) => {
    const path = event.detail.path;
    if (event.detail.verb === "get" && tags[path]) event.detail.headers["If-None-Match"] = tags[path];
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const xhr = event.detail.xhr, tag = xhr.getResponseHeader("ETag");
    if (tag) tags[event.detail.pathInfo.requestPath] = tag;
    if (lost) { lost = null; say(""); }
  });
  document.addEventListener("htmx:afterSwap", tick);
  function down() {
    lost = lost || new Date();
    say("Sin conexión con el servicio desde las " + two(lost.getHours()) + ":" + two(lost.getMinutes()) +
      ". Lo que ve puede haber cambiado; se sigue intentando.");
  }
  document.addEventListener("htmx:sendError", down);
  document.addEventListener("htmx:timeout", down);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) say("Su sesión terminó. Recargue la página y entre otra vez.");
    else down();
  });

  // A form is sent once, however often the button is pressed; and what was typed is not lost by a slip.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return event.preventDefault();
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && button.dataset.busy) {
      button.dataset.label = button.textContent;
      setTimeout(() => { button.textContent = button.dataset.busy; button.setAttribute("aria-busy", "true"); });
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[data-label]")) {
      button.textContent = button.dataset.label;
      button.removeAttribute("aria-busy");
    }
  });

  // Files: too big is said before sending it for minutes.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.dataset.most) return;
    const file = input.files[0];
    const big = file && file.size > Number(input.dataset.most);
    input.setCustomValidity(big ? "El archivo pasa de 32 MiB. Genere el PDF con menor resolución y fírmelo de nuevo." : "");
    if (big) input.reportValidity();
  });

  // Rows that can be added and removed: the last row is the pattern.
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]"), remove = event.target.closest("[data-remove]");
    if (add) {
      const rows = document.querySelectorAll(add.dataset.add);
      const hidden = [...rows].find((row) => row.hidden);
      if (hidden) {
        hidden.hidden = false;
        hidden.querySelector("input").focus();
      }
      add.hidden = ![...rows].some((row) => row.hidden);
      event.preventDefault();
    } else if (remove) {
      const row = remove.closest(remove.dataset.remove);
      for (const input of row.querySelectorAll("input, textarea")) input.value = "";
      row.hidden = true;
      const button = document.querySelector("[data-add]");
      if (button) button.hidden = false;
      event.preventDefault();
    } else if (event.target.closest("[data-print]")) {
      print();
    } else if (event.target.closest("[data-copy]")) {
      const button = event.target.closest("[data-copy]");
      navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "Copiado"; });
    }
  });
  const faults = document.getElementById("faults");
  if (faults) faults.focus();
  document.documentElement.classList.add("js");
})();
