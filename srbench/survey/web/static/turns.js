// Pictures in turn at one place: by the study's design, or where a narrow screen has no room for them side by side.
import { exactWidth, showExact } from "./exact.js";
import { hold, holdWhile, release } from "./holds.js";
import { arrangeBy, images, paintedAt, stimulus } from "./pictures.js";

const NARROW_PX = 600;

const toggle = document.getElementById("toggle");
const figures = stimulus ? [...stimulus.querySelectorAll("figure")] : [];
let current = 0;
let seenAll = false; // each must have been shown, and then the first again

export const inTurn = () => stimulus !== null && stimulus.classList.contains("turn");

const fitsBeside = () => {
  const gaps = parseFloat(getComputedStyle(stimulus).columnGap) || 0;
  const width = images.reduce((sum, image) => sum + exactWidth(image), gaps * (figures.length - 1));
  return width <= document.documentElement.clientWidth;
};

const show = (number) => {
  current = number;
  figures.forEach((figure, at) => { figure.hidden = inTurn() && at !== number; });
  const caption = document.getElementById("caption");
  caption.textContent = figures[number].dataset.name;
  const text = document.getElementById("toggle-text");
  text.textContent = number === 0 ? text.dataset.showSecond : text.dataset.showFirst;
};

const arrange = () => {
  if (stimulus.dataset.display === "side") {
    const beside = fitsBeside() || window.innerWidth >= NARROW_PX;
    stimulus.classList.toggle("turn", !beside);
    stimulus.classList.toggle("side", beside);
    document.getElementById("turns").hidden = beside;
    const field = document.querySelector('[data-fact="in_turn"]');
    if (field) field.value = beside ? "" : "1";
  }
  holdWhile("turns", inTurn() && !seenAll);
  show(inTurn() ? current : 0);
};

const next = () => {
  if (paintedAt() === null || !inTurn()) return;
  show((current + 1) % figures.length);
  showExact(images[current]);
  if (current === 0) {
    seenAll = true;
    release("turns");
  }
};

if (toggle) {
  hold("turns");
  arrangeBy(arrange);
  toggle.addEventListener("click", next);
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && !event.repeat && inTurn() && document.activeElement.tagName !== "BUTTON") {
      event.preventDefault();
      next();
    }
  });
}
