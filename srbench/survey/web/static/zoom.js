// Zoom by whole numbers into the same place of all pictures of a trial.
import { showExact, zoom } from "./exact.js";
import { keysEnabled } from "./keys.js";
import { images, paintedAt } from "./pictures.js";

const STEP = 0.1;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const largest = Number(document.body.dataset.zoom) || 1;
const button = document.getElementById("zoom");

const within = (share) => Math.min(1, Math.max(0, share));

const update = () => {
  const text = document.getElementById("zoom-text");
  text.textContent = text.dataset.text.replace("FACTOR", zoom.factor);
  images.forEach(showExact);
};

const moveTo = (x, y) => {
  [zoom.x, zoom.y] = [within(x), within(y)];
  if (zoom.factor > 1) update();
};

// 1, 2, 4 and so on, up to the largest, then 1 again.
const next = () => {
  if (paintedAt() === null) return;
  zoom.factor = zoom.factor === largest ? 1 : Math.min(2 * zoom.factor, largest);
  const field = document.getElementById("zoomed");
  if (zoom.factor > 1) field.value = Math.max(zoom.factor, Number(field.value));
  update();
};

if (button) {
  for (const image of images) {
    const frame = document.createElement("span");
    frame.className = "frame";
    image.replaceWith(frame);
    frame.append(image);
    frame.addEventListener("pointermove", (event) => {
      const box = frame.getBoundingClientRect();
      moveTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    });
  }
  update();
  button.addEventListener("click", next);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "z" && keysEnabled()) next();
    if (event.shiftKey && event.key in ARROWS) {
      event.preventDefault();
      const [right, down] = ARROWS[event.key];
      moveTo(zoom.x + right * STEP, zoom.y + down * STEP);
    }
  });
}
