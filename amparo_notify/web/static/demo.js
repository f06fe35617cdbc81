// The demonstration's phones: what was opened stays open when the page renews itself.
(() => {
  "use strict";
  let open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("details[id][open]")].map((each) => each.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of open) {
      const found = document.getElementById(id);
      if (found) found.open = true;
    }
  });
  // An answer that was sent leaves its field empty; one that is being typed stays.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post") return;
    for (const input of event.detail.elt.querySelectorAll("input[hx-preserve]")) input.value = "";
  });
})();
