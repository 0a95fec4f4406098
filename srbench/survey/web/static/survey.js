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
  const line = document.getElementById("window");
  if (line) {
    line.textContent = line.dataset.text.replace("WIDTH", values.width).replace("HEIGHT", values.height)
      .replace("DENSITY", Math.round(100 * values.dpr) / 100);
  }
};

const images = [...document.querySelectorAll("img.exact")];
const stimulus = document.getElementById("stimulus");
const form = document.getElementById("answer");
const toggle = document.getElementById("toggle");
let painted = null;
let blocked = false;
let seen = !toggle; // of two in turn, the second must have been looked at and the first again

const ready = () => painted !== null && seen && !blocked;

const mark = () => {
  if (stimulus) document.body.classList.toggle("waiting", !ready());
};

// The zoom must be the one of the screen check, and the picture must be in the window.
const recheck = () => {
  const say = (id, wrong) => {
    const notice = document.getElementById(id);
    if (notice) notice.hidden = !wrong;
    return wrong;
  };
  const then = Number(document.body.dataset.density);
  const zoomed = say("zoom-changed", then > 0 && Math.abs(window.devicePixelRatio / then - 1) > 0.01);
  // Two pictures that stand side by side must be in the window together.
  const shown = (stimulus ? images : []).filter((image) => !image.hidden);
  const places = shown.map((image) => image.getBoundingClientRect());
  const width = Math.max(...places.map((place) => place.right)) - Math.min(...places.map((place) => place.left));
  const narrow = say("too-narrow", width > document.documentElement.clientWidth);
  say("too-low", places.some((place) => place.height > window.innerHeight));
  if (blocked && !(zoomed || narrow) && painted !== null) painted = performance.now();
  blocked = zoomed || narrow;
  mark();
};

const all = () => { facts(); images.forEach(exact); recheck(); images.forEach(exact); };
window.addEventListener("resize", all);
// A window may move to another screen without any change of its size.
const watch = () => {
  window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener("change", () => { all(); watch(); },
    { once: true });
};
watch();
facts();
mark();

Promise.all(images.map((image) => image.decode())).then(() => {
  all();
  // Two frames later the pictures are on the screen.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    painted = performance.now();
    mark();
    // The next pictures, while this one is looked at.
    for (const url of (form?.dataset.ahead ?? "").split(" ").filter(Boolean)) new Image().src = url;
  }));
}, () => {
  const notice = document.getElementById("not-loaded");
  if (notice) notice.hidden = false;
});

const turn = () => {
  if (painted === null) return;
  const [picture, original] = images;
  const show = original.hidden;
  original.hidden = !show;
  picture.hidden = show;
  exact(show ? original : picture);
  const text = document.getElementById("turn");
  text.textContent = show ? text.dataset.back : text.dataset.there;
  const which = document.getElementById("which");
  which.textContent = show ? which.dataset.second : which.dataset.first;
  if (!show) seen = true;
  mark();
};
if (toggle) toggle.addEventListener("click", turn);

// Single keys can be turned off, for those who press them by mistake or by voice.
const keys = document.getElementById("keys");
const keysAnswer = () => localStorage.getItem("srbench-keys") !== "off";
const label = () => { keys.textContent = keysAnswer() ? keys.dataset.on : keys.dataset.off; };
if (keys) {
  label();
  keys.addEventListener("click", () => {
    localStorage.setItem("srbench-keys", keysAnswer() ? "off" : "on");
    label();
    keys.blur();
  });
}

if (form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent || !ready()) { event.preventDefault(); return; }
    sent = true;
    facts();
    const seconds = document.getElementById("seconds");
    if (seconds) seconds.value = ((performance.now() - painted) / 1000).toFixed(3);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !keysAnswer()) return;
    if (event.key === " " && toggle && document.activeElement.tagName !== "BUTTON") { event.preventDefault(); turn(); return; }
    const button = form.querySelector('button[data-key="' + CSS.escape(event.key) + '"]');
    if (button && ready()) { event.preventDefault(); form.requestSubmit(button); }
  });
  // The back button shows a page from memory: it must be the trial that is next.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}

// The frame in the screen check is as wide as the slider says.
const card = document.getElementById("card");
if (card) {
  const frame = document.getElementById("card-frame");
  const draw = () => {
    frame.style.width = card.value + "px";
    frame.style.height = card.value * 53.98 / 85.60 + "px";
  };
  card.addEventListener("input", draw);
  draw();
}
