// Tells when the pictures of a trial are on the screen, and, with the answer, on what screen and how long out of focus.
import { shown } from "./pictures.js";

const trial = document.querySelector("#answer input[name=position]") && document.getElementById("answer");

if (trial) {
  let lost = 0, lostMs = 0, since = null;
  const look = () => {
    const away = document.hidden || !document.hasFocus();
    if (away && since === null) { since = performance.now(); lost += 1; }
    if (!away && since !== null) { lostMs += performance.now() - since; since = null; }
  };
  const circumstances = () => {
    look();
    const outOfFocus = lostMs + (since === null ? 0 : performance.now() - since);
    return {
      dpr: window.devicePixelRatio, width: window.innerWidth, height: window.innerHeight,
      screen_width: screen.width, screen_height: screen.height,
      // Of the page and by pinching; a side bar of the browser counts as zoom.
      zoom: ((window.outerWidth / window.innerWidth) * (window.visualViewport?.scale ?? 1)).toFixed(3),
      focus_lost: lost, focus_lost_s: (outOfFocus / 1000).toFixed(3),
    };
  };
  trial.addEventListener("formdata", (event) => {
    for (const [name, value] of Object.entries(circumstances())) event.formData.set(name, value);
  });
  const tell = () => {
    for (const name of ["blur", "focus"]) window.addEventListener(name, look);
    document.addEventListener("visibilitychange", look);
    const told = new URLSearchParams({
      token: trial.elements.namedItem("token").value, position: trial.elements.namedItem("position").value, ...circumstances(),
    });
    fetch(trial.action.replace(/answer$/, "shown"), { method: "POST", body: told, keepalive: true }).catch(() => {});
  };
  shown.then((here) => { if (here) tell(); });
}
