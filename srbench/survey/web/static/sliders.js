// Sliders without a value until the rater sets one: by pointer, arrows, or the digits for tens. Enter sends.
import { keysEnabled } from "./keys.js";

const form = document.getElementById("answer");
const sliders = [...form.querySelectorAll('.slider input[type="range"]')];
const send = document.getElementById("send");

const settled = (slider) => !slider.parentElement.classList.contains("unset");

const settle = (slider) => {
  slider.parentElement.classList.remove("unset");
  slider.setAttribute("aria-valuetext", slider.value);
  slider.nextElementSibling.value = slider.value;
  document.getElementById("value").value = sliders.map((one) => one.value).join(" ");
  send.disabled = !sliders.every(settled);
};

for (const slider of sliders) {
  // A press on the middle changes nothing that the browser knows of, and is an answer all the same.
  for (const event of ["input", "change", "click"]) slider.addEventListener(event, () => settle(slider));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keysEnabled()) return;
  const slider = sliders.length === 1 ? sliders[0] : sliders.find((one) => one === document.activeElement);
  if (slider && /^[0-9]$/.test(event.key)) {
    event.preventDefault();
    slider.value = 10 * Number(event.key);
    settle(slider);
  } else if (slider && sliders.length === 1 && event.key.startsWith("Arrow") && document.activeElement !== slider) {
    event.preventDefault();
    slider.focus();
    slider.value = Number(slider.value) + (settled(slider) ? (["ArrowRight", "ArrowUp"].includes(event.key) ? 1 : -1) : 0);
    settle(slider);
  } else if (event.key === "Enter" && !send.disabled && document.activeElement.tagName !== "BUTTON") {
    event.preventDefault();
    form.requestSubmit(send);
  }
});
