// A trial: response times from the moment the pictures are painted, each answer sent once, keys that answer.
import { fillWindowFields } from "./facts.js";
import { ready } from "./holds.js";
import { keysEnabled } from "./keys.js";
import { paintedAt, shown } from "./pictures.js";
import "./turns.js";
import "./zoom.js";

const form = document.getElementById("answer");
let sent = false;

form.addEventListener("submit", (event) => {
  if (sent || !ready()) { event.preventDefault(); return; }
  sent = true;
  fillWindowFields();
  form.elements.namedItem("seconds").value = ((performance.now() - paintedAt()) / 1000).toFixed(3);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !keysEnabled()) return;
  if (event.shiftKey && event.key.startsWith("Arrow")) return; // they move the zoom
  const button = form.querySelector('button[data-key="' + CSS.escape(event.key) + '"]');
  if (button && ready()) { event.preventDefault(); form.requestSubmit(button); }
});

// The back button shows a page from memory: it must be the trial that is next.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

// The next pictures, while these are looked at.
shown.then((here) => {
  if (here) for (const url of (form.dataset.ahead ?? "").split(" ").filter(Boolean)) new Image().src = url;
});
