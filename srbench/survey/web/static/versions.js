// Versions of a picture at one place: each at once at a press of its button, or when its slider is used.
import { showExact } from "./exact.js";
import { hold, release } from "./holds.js";
import { keysEnabled } from "./keys.js";
import { images, shown } from "./pictures.js";

const figures = [...document.querySelectorAll("#stimulus figure")];
const buttons = [...document.querySelectorAll("[data-version]")];
const sliders = [...document.querySelectorAll(".slider")];
const unseen = new Set(figures.keys());
let current = 0;
let before = 1;

hold("versions");

const show = (number) => {
  if (number !== current) before = current;
  current = number;
  figures.forEach((figure, at) => { figure.hidden = at !== number; });
  buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === number)));
  sliders.forEach((slider, at) => slider.classList.toggle("current", at === number - 1));
  showExact(images[number]);
  unseen.delete(number);
  if (unseen.size === 0) release("versions");
};

buttons.forEach((button, at) => button.addEventListener("click", () => show(at)));
sliders.forEach((slider, at) => {
  slider.addEventListener("focusin", () => show(at + 1));
  slider.addEventListener("pointerdown", () => show(at + 1));
});

// Space shows the original, and then the version that was there before.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.repeat || !keysEnabled() || document.activeElement.tagName === "BUTTON") return;
  event.preventDefault();
  show(current === 0 ? before : 0);
});

shown.then((here) => { if (here) show(0); });
