// Two pictures beside one another, and their original in both places as long as its button or the space bar is held.
import { showExact } from "./exact.js";
import { hold, release } from "./holds.js";
import { keysEnabled } from "./keys.js";
import { images, paintedAt } from "./pictures.js";

const button = document.getElementById("original");
const originals = images.filter((image) => "original" in image.dataset);
const pictures = images.filter((image) => !("original" in image.dataset));

hold("original"); // it must have been looked at

const show = (original) => {
  if (paintedAt() === null || originals[0].hidden !== original) return;
  originals.forEach((image) => { image.hidden = !original; });
  pictures.forEach((image) => { image.hidden = original; });
  (original ? originals : pictures).forEach(showExact);
  button.setAttribute("aria-pressed", String(original));
  button.textContent = original ? button.dataset.back : button.dataset.show;
  if (!original) release("original");
};

button.addEventListener("pointerdown", () => show(true));
for (const event of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(event, () => show(false));
const isSpace = (event) => event.key === " " && !event.repeat
  && (document.activeElement === button || (keysEnabled() && document.activeElement.tagName !== "BUTTON"));
document.addEventListener("keydown", (event) => { if (isSpace(event)) { event.preventDefault(); show(true); } });
document.addEventListener("keyup", (event) => { if (isSpace(event)) { event.preventDefault(); show(false); } });
window.addEventListener("blur", () => show(false));
