// Pictures at one device pixel per image pixel, response times from the moment a picture is painted, keys 1 to 5.
"use strict";

const showExact = (image) => {
  const density = window.devicePixelRatio;
  image.style.width = image.naturalWidth / density + "px";
  image.style.height = image.naturalHeight / density + "px";
  // A picture that began between two device pixels would be smeared over both. Whole CSS pixels are whole device pixels
  // where the density is a whole number.
  const unit = Number.isInteger(density) ? 1 : 1 / density;
  image.style.left = image.style.top = "0px";
  const box = image.getBoundingClientRect();
  const x = box.left + window.scrollX, y = box.top + window.scrollY;
  image.style.left = Math.round(x / unit) * unit - x + "px";
  image.style.top = Math.round(y / unit) * unit - y + "px";
};

const fillWindowFields = () => {
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
let seen = !toggle; // of two pictures in turn, the second must have been shown, and then the first again

const ready = () => painted !== null && seen && !blocked;

const updateWaiting = () => {
  if (stimulus) document.body.classList.toggle("waiting", !ready());
};

// The zoom must be the one of the screen check, and the picture must be in the window.
const recheck = () => {
  const setNotice = (id, wrong) => {
    const notice = document.getElementById(id);
    if (notice) notice.hidden = !wrong;
    return wrong;
  };
  const checkedDensity = Number(document.body.dataset.density);
  const zoomed = setNotice("zoom-changed", checkedDensity > 0 && Math.abs(window.devicePixelRatio / checkedDensity - 1) > 0.01);
  // Two pictures that stand side by side must be in the window together.
  const shown = (stimulus ? images : []).filter((image) => !image.hidden);
  const boxes = shown.map((image) => image.getBoundingClientRect());
  const width = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
  const narrow = setNotice("too-narrow", width > document.documentElement.clientWidth);
  setNotice("too-low", boxes.some((box) => box.height > window.innerHeight));
  if (blocked && !(zoomed || narrow) && painted !== null) painted = performance.now();
  blocked = zoomed || narrow;
  updateWaiting();
};

const updateAll = () => { fillWindowFields(); images.forEach(showExact); recheck(); images.forEach(showExact); };
window.addEventListener("resize", updateAll);
// A window may move to another screen without any change of its size.
const watchDensity = () => {
  window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener("change", () => { updateAll(); watchDensity(); },
    { once: true });
};
watchDensity();
fillWindowFields();
updateWaiting();

Promise.all(images.map((image) => image.decode())).then(() => {
  updateAll();
  // Two frames later the pictures are on the screen.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    painted = performance.now();
    updateWaiting();
    // The next pictures, while this one is looked at.
    for (const url of (form?.dataset.ahead ?? "").split(" ").filter(Boolean)) new Image().src = url;
  }));
}, () => {
  const notice = document.getElementById("not-loaded");
  if (notice) notice.hidden = false;
});

const toggleImages = () => {
  if (painted === null) return;
  const [picture, original] = images;
  const show = original.hidden;
  original.hidden = !show;
  picture.hidden = show;
  showExact(show ? original : picture);
  const text = document.getElementById("toggle-text");
  text.textContent = show ? text.dataset.showFirst : text.dataset.showSecond;
  const caption = document.getElementById("caption");
  caption.textContent = show ? caption.dataset.second : caption.dataset.first;
  if (!show) seen = true;
  updateWaiting();
};
if (toggle) toggle.addEventListener("click", toggleImages);

// Single keys can be turned off, for raters who press them by mistake or by voice.
const keys = document.getElementById("keys");
const keysEnabled = () => localStorage.getItem("srbench-keys") !== "off";
const labelKeysButton = () => { keys.textContent = keysEnabled() ? keys.dataset.on : keys.dataset.off; };
if (keys) {
  labelKeysButton();
  keys.addEventListener("click", () => {
    localStorage.setItem("srbench-keys", keysEnabled() ? "off" : "on");
    labelKeysButton();
    keys.blur();
  });
}

if (form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent || !ready()) { event.preventDefault(); return; }
    sent = true;
    fillWindowFields();
    const seconds = document.getElementById("seconds");
    if (seconds) seconds.value = ((performance.now() - painted) / 1000).toFixed(3);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !keysEnabled()) return;
    if (event.key === " " && toggle && document.activeElement.tagName !== "BUTTON") { event.preventDefault(); toggleImages(); return; }
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
