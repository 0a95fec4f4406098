// Two pictures that change places with their original at the same moments; the intervals go with the answer.
import { hold, release } from "./holds.js";
import { keysEnabled } from "./keys.js";
import { shown, stimulus } from "./pictures.js";

const MS = 1000;
const EARLY_MS = 1; // times of frames are rounded
const CHANGES_TO_SEE = 4; // each picture and its original twice
const MOST_MS = 99999;

const button = document.getElementById("flicker");
const form = document.getElementById("answer");
const images = [...stimulus.querySelectorAll(".places > .exact")];
const period = MS / Number(stimulus.dataset.changes);
const intervals = { frame_ms: new Map(), change_ms: new Map() };
let running = false, frameAt = null, changedAt = null, changes = 0;

hold("flicker"); // it must have been looked at

const count = (name, ms) => {
  const rounded = Math.min(Math.round(ms), MOST_MS);
  intervals[name].set(rounded, (intervals[name].get(rounded) ?? 0) + 1);
};

const change = (now) => {
  images.forEach((image) => image.classList.toggle("away"));
  count("change_ms", now - changedAt);
  changedAt = now;
  changes += 1;
  if (changes === CHANGES_TO_SEE) release("flicker");
};

const onFrame = (now) => {
  if (!running) return;
  if (frameAt !== null) count("frame_ms", now - frameAt);
  frameAt = now;
  if (changedAt === null) changedAt = now;
  else if (now - changedAt >= period - EARLY_MS) change(now);
  requestAnimationFrame(onFrame);
};

const run = (on) => {
  if (running === on) return;
  running = on;
  [frameAt, changedAt] = [null, null];
  stimulus.classList.toggle("stopped", !on);
  button.textContent = on ? button.dataset.stop : button.dataset.go;
  if (on) requestAnimationFrame(onFrame);
};

shown.then((here) => {
  if (!here) return;
  run(true);
  button.addEventListener("click", () => run(!running));
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.repeat || !keysEnabled() || document.activeElement.tagName === "BUTTON") return;
    event.preventDefault();
    run(!running);
  });
});

form.addEventListener("formdata", (event) => {
  for (const [name, counts] of Object.entries(intervals)) {
    event.formData.set(name, [...counts].sort(([a], [b]) => a - b).map((pair) => pair.join(":")).join(" "));
  }
});
