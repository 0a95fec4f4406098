// Pictures at one device pixel per image pixel, response times from the moment a picture is painted, keys 1 to 5.
"use strict";

const exact = (image) => {
  const density = window.devicePixelRatio;
  image.style.width = image.naturalWidth / density + "px";
  image.style.height = image.naturalHeight / density + "px";
  // A picture that began between two device pixels would be smeared over both. Whole CSS pixels are whole device pixels
  // where the density is a whole number.
  const unit = Number.isInteger(density) ? 1 : 1 / density;
  image.style.left = image.style.top = "0px";
  const place = image.getBoundingClientRect();
  const x = place.left + window.scrollX, y = place.top + window.scrollY;
  image.style.left = Math.round(x / unit) * unit - x + "px";
  image.style.top = Math.round(y / unit) * unit - y + "px";
};

const facts = () => {
  const values = { dpr: window.devicePixelRatio, width: window.innerWidth, height: window.innerHeight };
  for (const field of document.querySelectorAll("[data-fact]")) field.value = values[field.dataset.fact];
  const window_ = document.getElementById("window");
  if (window_) {
    window_.textContent = "Your window: " + values.width + " x " + values.height + ", pixel density "
      + Math.round(100 * values.dpr) / 100;
  }
};

const images = [...document.querySelectorAll("img.exact")];
const all = () => { facts(); images.forEach(exact); };
window.addEventListener("resize", all);
facts();

const stimulus = document.getElementById("stimulus");
const form = document.getElementById("answer");
const toggle = document.getElementById("toggle");
let painted = null;
let seen = !toggle; // with a toggle the original must have been looked at

if (stimulus) document.body.classList.add("waiting");
Promise.all(images.map((image) => image.decode())).then(() => {
  images.forEach(exact);
  // Two frames later the pictures are on the screen.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    painted = performance.now();
    if (seen) document.body.classList.remove("waiting");
  }));
});

const turn = () => {
  if (painted === null) return;
  const [picture, original] = images;
  const show = original.hidden;
  original.hidden = !show;
  picture.hidden = show;
  exact(show ? original : picture);
  toggle.setAttribute("aria-pressed", String(show));
  if (!show) {
    seen = true;
    document.body.classList.remove("waiting");
  }
};
if (toggle) toggle.addEventListener("click", turn);

if (form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent || painted === null || !seen) { event.preventDefault(); return; }
    sent = true;
    facts();
    const seconds = document.getElementById("seconds");
    if (seconds) seconds.value = ((performance.now() - painted) / 1000).toFixed(3);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === " " && toggle) { event.preventDefault(); turn(); return; }
    const button = form.querySelector('button[data-key="' + CSS.escape(event.key) + '"]');
    if (button && painted !== null && seen) { event.preventDefault(); form.requestSubmit(button); }
  });
  // The back button shows a page from memory: it must be the trial that is next.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}
