// The pictures of a page: loaded, shown exactly, and checked against the window and the zoom of the screen check.
import { fillWindowFields } from "./facts.js";
import { onDensityChange, showExact } from "./exact.js";
import { hold, holdWhile, release } from "./holds.js";

const SAYS_IT_LOADS_MS = 300;
const MS = 1000;

const touched = window.matchMedia("(pointer: coarse)").matches;

export const images = [...document.querySelectorAll("img.exact")];
export const stimulus = document.getElementById("stimulus");
const arrangements = [];
let painted = null;
let interrupted = false;

export const paintedAt = () => painted;
// Functions that arrange the pictures for the window, before each is aligned to the device's pixels.
export const arrangeBy = (arrange) => arrangements.push(arrange);

const setNotice = (id, wrong) => {
  const notice = document.getElementById(id);
  if (notice) notice.hidden = !wrong;
  return wrong;
};

const visible = (image) => !image.hidden && !image.closest("[hidden]");

// The zoom must be the one of the screen check, and the pictures that are shown must be in the window together.
const recheck = () => {
  const checkedDensity = Number(document.body.dataset.density);
  const zoomed = setNotice("zoom-changed", checkedDensity > 0 && Math.abs(window.devicePixelRatio / checkedDensity - 1) > 0.01);
  const boxes = (stimulus ? images : []).filter(visible)
    .map((image) => (image.closest(".frame") ?? image).getBoundingClientRect());
  const width = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
  const highest = Math.max(0, ...boxes.map((box) => box.height));
  const { clientWidth } = document.documentElement;
  const narrow = width > clientWidth;
  const turning = narrow && touched && width <= window.innerHeight;
  setNotice("turn-phone", turning);
  setNotice("too-narrow", narrow && !turning);
  setNotice("too-low", highest > window.innerHeight);
  const wrong = zoomed || narrow;
  if (interrupted && !wrong && painted !== null) painted = performance.now();
  interrupted = wrong;
  holdWhile("window", wrong);
};

export const updateAll = () => {
  fillWindowFields();
  arrangements.forEach((arrange) => arrange());
  images.forEach(showExact);
  recheck();
  images.forEach(showExact); // notices move the pictures
};

const twoFrames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

const after = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * MS));

// Mid-grey in the place of the pictures.
const cover = (on) => document.body.classList.toggle("covered", on);

// The promise is kept when all pictures are on the screen.
export const shown = (async () => {
  hold("loading");
  const slow = setTimeout(() => setNotice("loading", true), SAYS_IT_LOADS_MS);
  try {
    await Promise.all(images.map((image) => image.decode()));
  } catch (error) {
    setNotice("not-loaded", true);
    return false;
  } finally {
    clearTimeout(slow);
    setNotice("loading", false);
  }
  const { pause, least, longest } = document.body.dataset;
  cover(Number(pause) > 0);
  updateAll();
  if (Number(pause) > 0) await after(Number(pause));
  cover(false);
  await twoFrames();
  painted = performance.now();
  if (Number(least) > 0) {
    hold("least time");
    after(Number(least)).then(() => release("least time"));
  }
  if (Number(longest) > 0) after(Number(longest)).then(() => cover(true));
  release("loading");
  return true;
})();

fillWindowFields();
window.addEventListener("resize", updateAll);
onDensityChange(updateAll);
