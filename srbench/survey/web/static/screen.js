// The screen check: what the window is, whether the study's pictures fit into it, and a bank card to measure by.
import { onDensityChange } from "./exact.js";
import { fillWindowFields } from "./facts.js";

const CARD_MM = [85.60, 53.98];
const ROOM_PX = [16, 170]; // beside the pictures: margins; question, answers and what else stands above and below
const touched = window.matchMedia("(pointer: coarse)").matches;

const line = document.getElementById("window");
const needs = document.getElementById("needs");

const update = () => {
  const { dpr, width, height } = fillWindowFields();
  line.textContent = line.dataset.text.replace("WIDTH", width).replace("HEIGHT", height)
    .replace("DENSITY", Math.round(100 * dpr) / 100);
  const [wide, high] = [needs.dataset.width, needs.dataset.height]
    .map((devicePixels, side) => Math.ceil(devicePixels / dpr) + ROOM_PX[side]);
  const fits = wide <= width && high <= height;
  const turning = touched && wide <= height && high <= width;
  const text = fits ? needs.dataset.fits : turning ? needs.dataset.turn : needs.dataset.small;
  needs.textContent = text.replace("WIDTH", wide).replace("HEIGHT", high);
  needs.classList.toggle("notice", !fits);
};

window.addEventListener("resize", update);
onDensityChange(update);
update();

// The frame is as wide as the slider says.
const card = document.getElementById("card");
if (card) {
  const frame = document.getElementById("card-frame");
  const draw = () => {
    frame.style.width = card.value + "px";
    frame.style.height = card.value * CARD_MM[1] / CARD_MM[0] + "px";
  };
  card.addEventListener("input", draw);
  draw();
}
