// Sends the form of a page. Where the server is away, as during a restart, the page stays, says so, and sends it again.
const MS = 1000;
const PAUSE_S = 1, LONGEST_PAUSE_S = 10, PATIENCE_S = 15;
const AWAY = [502, 503, 504]; // from a proxy, or where the database does not answer

const form = document.querySelector("form[data-onward]");
const away = document.getElementById("away");
let sending = false;

const after = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * MS));

// Whether the form was taken: a page that was is followed by another one. False where there is something to show.
const taken = async (body) => {
  for (let pause = PAUSE_S; ; pause = Math.min(2 * pause, LONGEST_PAUSE_S)) {
    try {
      const signal = AbortSignal.timeout?.(PATIENCE_S * MS);
      const response = await fetch(form.action, { method: "POST", body, redirect: "manual", signal });
      if (!AWAY.includes(response.status)) return response.type === "opaqueredirect";
    } catch { /* the server cannot be reached at the moment */ }
    away.hidden = false;
    await after(pause);
  }
};

// The browser's own way of sending, which shows what is answered; the button's value is not part of it.
const sendPlainly = (button) => {
  if (button?.name) {
    const pressed = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
    form.append(pressed);
  }
  HTMLFormElement.prototype.submit.call(form);
};

form.addEventListener("submit", async (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  if (sending) return;
  sending = true;
  const button = event.submitter;
  if (await taken(new URLSearchParams(new FormData(form, button)))) window.location.assign(form.dataset.onward);
  else sendPlainly(button);
});

// From memory, by the back button, it can be sent again.
window.addEventListener("pageshow", () => { sending = false; });
