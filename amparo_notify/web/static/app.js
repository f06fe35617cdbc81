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
      button.dataset.said = button.textContent;
      setTimeout(() => { button.textContent = button.dataset.busy; button.setAttribute("aria-busy", "true"); });
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("button[data-said]")) {
      button.textContent = button.dataset.said;
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

  // Persons: rows show one by one; when none is left, the last is copied with the next number.
  const rows = () => [...document.querySelectorAll("[data-row]")];
  function fresh(pattern, number) {
    const row = pattern.cloneNode(true), old = pattern.dataset.row;
    row.dataset.row = number;
    for (const element of row.querySelectorAll("*")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(`person-${old}-`, `person-${number}-`));
      }
    }
    row.querySelector("[data-number]").textContent = number + 1;
    for (const wrong of row.querySelectorAll(".wrong")) wrong.remove();
    row.classList.remove("bad");
    pattern.after(row);
    return row;
  }
  function empty(row) {
    for (const input of row.querySelectorAll("input")) {
      if (input.type === "checkbox") input.checked = true;
      else input.value = "";
    }
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-add]")) {
      let row = rows().find((each) => each.classList.contains("spare"));
      if (!row) { row = fresh(rows().at(-1), rows().length); empty(row); }
      row.classList.remove("spare");
      row.querySelector("input").focus();
    } else if (event.target.closest("[data-remove]")) {
      const row = event.target.closest("[data-row]");
      empty(row);
      row.classList.add("spare");
    } else if (event.target.closest("[data-print]")) {
      print();
    } else if (event.target.closest("[data-copy]")) {
      const button = event.target.closest("[data-copy]");
      navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "Copiado"; });
    }
  });
  function zones() {
    const select = document.getElementById("zone"), picked = select && select.value && select.selectedOptions[0].text;
    const places = [...document.querySelectorAll("[data-place]:checked")].map((box) => "Hora de " + box.dataset.place);
    const mixed = !picked && new Set(places).size > 1;
    for (const hint of document.querySelectorAll("[data-zone]")) {
      hint.textContent = (picked || places[0] || "La de la primera estación elegida") + ".";
      if (mixed) hint.textContent += " Las estaciones tienen horas distintas: revise de dónde es.";
      hint.classList.toggle("wrong", mixed);
    }
  }
  document.addEventListener("change", (event) => { if (event.target.dataset.place || event.target.id === "zone") zones(); });
  zones();

  // What the PDF seems to say fills in what is still empty, and says that nobody has checked it.
  const MOST_READ = 8 << 20;
  function put(input, text) {
    if (!input || input.value || !text || input === document.activeElement) return "";  // nothing moves under a hand that types
    input.value = text;
    input.classList.add("guess");
    input.addEventListener("input", () => input.classList.remove("guess"), { once: true });
    return text;
  }
  function fill(found) {
    const read = [put(document.getElementById("expediente"), found.expediente)];
    found.persons.forEach((name, number) => {
      const row = rows()[number];
      if (row && row.classList.contains("spare")) row.classList.remove("spare");
      if (!row) document.querySelector("[data-add]").click();
      read.push(put(document.getElementById(`person-${number}-name`), name));
    });
    const said = read.filter(Boolean);
    if (found.court) said.push("parece de: " + found.court);
    const note = document.getElementById("guess");
    note.textContent = "Leído del PDF, sin verificar: " + said.join("; ") + ". Revíselo.";
    note.hidden = !said.length;
  }
  document.addEventListener("change", async (event) => {
    const input = event.target, file = input.dataset.guess && input.files[0];
    if (!file || file.size > MOST_READ) return;
    const body = new FormData();
    body.append("csrf_token", input.form.elements.csrf_token.value);
    body.append("document", file);
    try {
      const answer = await fetch(input.dataset.guess, { method: "POST", body });
      if (answer.ok && input.files[0] === file) fill(await answer.json());
    } catch { /* it is only a comfort: the form works without it */ }
  });

  const faults = document.getElementById("faults");
  if (faults) faults.focus();
  document.documentElement.classList.add("js");
})();
