// Passkeys: a form asks the device to sign, or to make a key, and is sent with its answer. Without it: PIN and code.
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const SAID = {
    NotAllowedError: "No se hizo nada: se canceló o se acabó el tiempo. Puede intentarlo otra vez.",
    AbortError: "No se hizo nada: se canceló. Puede intentarlo otra vez.",
    InvalidStateError: "Este dispositivo ya tiene su llave: no hace falta agregarla otra vez.",
  };
  const UNKNOWN = "Este navegador no pudo usar la llave. Siga de la otra manera.";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function decoded(options) {
    const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));
    const made = { ...options, challenge: bytes(options.challenge) };
    if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) made.excludeCredentials = known(options.excludeCredentials);
    if (options.allowCredentials) made.allowCredentials = known(options.allowCredentials);
    return made;
  }

  function encoded(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    const id = text(credential.rawId);
    return JSON.stringify({ id, rawId: id, type: credential.type, response });
  }

  async function sign(form) {
    const button = form.querySelector("button"), wrong = form.querySelector("[role=alert]"), label = button.textContent;
    wrong.hidden = true;
    button.disabled = true;
    button.textContent = button.dataset.busy;
    try {
      const publicKey = decoded(JSON.parse(form.dataset.options));
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.credential.value = encoded(credential);
      form.submit();
    } catch (error) {
      wrong.textContent = SAID[error.name] || UNKNOWN;
      wrong.hidden = false;
      button.disabled = false;
      button.textContent = label;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const label = form.querySelector("button").textContent;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      sign(form);
    });
    addEventListener("pageshow", () => {  // somebody comes back by the browser's own button
      form.querySelector("button").disabled = false;
      form.querySelector("button").textContent = label;
    });
  }
  for (const element of document.querySelectorAll("[data-nopasskey]")) element.hidden = true;
})();
