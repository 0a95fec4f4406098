"use strict";
/* The page: what is on the screen, its address, and the controls that change it. */

const byId = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 700px)");

const view = {
  image: srbenchIndex.images[0],
  models: [],
  chosen: "",
  left: "hr",
  layout: "side",
  show: "picture",
  gain: 8,
  zoom: null,
  centre: [0, 0],
  crop: null,
  wipe: 50,
  hover: null,
  peek: false,
  tool: "move",
};

const numbers = new Numbers(view, choose);
const stage = new Stage(byId("stage"), view, captionOf);
numbers.drawn = () => stage.draw();
stage.drawn = zoomText;

function captionOf(names) {
  const parts = names.map((name) => {
    const at = view.hover ? ` · ${levelsUnder(name)}` : "";
    return [shownName(name), numbers.caption(name)].filter(Boolean).join(" · ") + at;
  });
  return parts.join(" | ");
}

function levelsUnder(name) {
  const layer = stage.panels.find((panel) => panel.layers.has(name))?.layers.get(name);
  return layer ? `${view.hover.join(", ")}: ${layer.numbers(...view.hover).join(" ")}` : "";
}

/* Everything that follows from the view. */
async function refresh() {
  stored();
  controls();
  numbers.draw();
  histogramSoon();
  await stage.refresh();
  ahead();
}

/* Pictures that a key may ask for next. */
function ahead() {
  const { image } = view;
  const next = Object.keys(image.outputs).slice(0, 9);
  requestIdleCallback(async () => {
    for (const name of next) {
      if (view.image !== image) return;
      await pictureOf(image, name).catch(() => {});
    }
  });
}

function stored() {
  const { image } = view;
  const address = writtenAddress({ ...view, dataset: image.dataset, image: image.image });
  history.replaceState(null, "", address);
  byId("command").textContent = figureCommand();
}

function figureCommand() {
  const { image, crop, models, layout, chosen, left } = view;
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);
  const names = layout === "side" ? models : layout === "one" ? [chosen] : [left, chosen];
  const words = ["--image", image.image, "--dataset", image.dataset];
  if (crop) words.push("--crop", [crop.x, crop.y, crop.width, crop.height].join(","));
  words.push("--models", names.join(","), "--out", "figure.pdf");
  return `srbench figure ${srbenchIndex.run} ${words.map(quoted).join(" ")}`;
}

let histogramTimer = 0;
function histogramSoon() {
  clearTimeout(histogramTimer);
  histogramTimer = setTimeout(() => {
    if (!byId("histogram-box").open) return;
    const names = view.layout === "side" ? view.models : [view.left, view.chosen];
    drawHistogram(byId("histogram"), byId("histogram-list"), view, names).catch(() => {});
  }, 150);
}

function controls() {
  const { image } = view;
  byId("image").value = String(image.number);
  document.title = `${image.image} (${image.dataset}) · srbench viewer`;
  for (const name of ["layout", "tool"]) {
    for (const button of document.querySelectorAll(`[data-${name}]`)) {
      button.setAttribute("aria-pressed", button.dataset[name] === view[name]);
    }
  }
  byId("show").value = view.show;
  byId("gain").value = view.gain;
  byId("gain-box").hidden = view.show !== "difference";
  byId("gain-text").textContent = `×${view.gain}`;
  byId("scale-box").hidden = !["ssim", "lpips"].includes(view.show);
  byId("scale-low").textContent = view.show === "ssim" ? "SSIM 1" : "LPIPS 0";
  byId("scale-high").textContent = view.show === "ssim" ? "0" : image.lpipsHighest.toFixed(2);
  byId("wipe-box").hidden = view.layout !== "wipe";
  byId("wipe").value = view.wipe;
  byId("left").value = view.left;
  byId("stage").dataset.tool = view.tool;
  ["x", "y", "width", "height"].forEach((side) => {
    if (document.activeElement !== byId(`crop-${side}`)) byId(`crop-${side}`).value = view.crop?.[side] ?? "";
  });
}

function zoomText() {
  const text = `${Math.round(stage.zoom * 100)} %`;
  if (byId("zoom").textContent !== text) byId("zoom").textContent = text;
  byId("fit").setAttribute("aria-pressed", !view.zoom);
}

function changed(what) {
  if (what === "crop") {
    numbers.measure();
    histogramSoon();
  }
  stored();
  controls();
  stage.draw();
}

const pointer = new Pointer(stage, view, changed);

function choose(name) {
  if (view.layout === "side") {
    const others = view.models.filter((other) => other !== name);
    const added = numbers.names.filter((other) => other === name || view.models.includes(other));
    view.models = view.models.includes(name) && others.length ? others : added;
  }
  view.chosen = name;
  refresh();
}

/* The model with the best mean over all images; undefined where none has a value. */
function leader(names, metric) {
  const means = names.map((name) => {
    const values = srbenchIndex.images.map((image) => image.outputs[name]?.values[metric] ?? NaN).map(Number);
    const known = values.filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  const known = means.filter((mean) => !Number.isNaN(mean));
  return names[means.indexOf(metric === "lpips" ? Math.min(...known) : Math.max(...known))];
}

/* The original, the models that lead in PSNR and in LPIPS, and one more for comparison; a narrow page shows one. */
function firstModels(image) {
  const outputs = srbenchIndex.models.filter((name) => image.outputs[name]);
  const leaders = ["psnr", "lpips"].map((metric) => leader(outputs, metric)).filter(Boolean);
  const chosen = [...new Set([...leaders, ...outputs])].slice(0, narrow.matches ? 1 : 3);
  const shown = outputs.filter((name) => chosen.includes(name));
  return narrow.matches ? shown : ["hr", ...shown];
}

/* Open an image; the choice of models, zoom and crop stay as far as they fit. */
function openImage(image, { keep = true } = {}) {
  const same = image.width === view.image.width && image.height === view.image.height;
  view.image = image;
  const there = (name) => name === "hr" || Boolean(image.outputs[name]) || (name === "lr" && Boolean(image.lr));
  const kept = keep ? view.models.filter(there) : [];
  view.models = kept.length ? kept : firstModels(image);
  view.chosen = there(view.chosen) && view.chosen ? view.chosen : view.models.at(-1);
  view.left = there(view.left) ? view.left : "hr";
  if (!same) [view.zoom, view.crop] = [null, null];
  numbers.measured = new Map();
  numbers.build();
  if (view.crop) numbers.measure();
  byId("left").replaceChildren(...numbers.names.map((name) => new Option(shownName(name), name)));
  return refresh();
}

function step(by) {
  const { images } = srbenchIndex;
  openImage(images[(images.indexOf(view.image) + by + images.length) % images.length]);
}

/* Show what an address says; what it names and is not there is said. */
async function follow(fragment) {
  const asked = parsedAddress(fragment);
  const { images, models } = srbenchIndex;
  const image = images.find((one) => one.image === asked.image && (!asked.dataset || one.dataset === asked.dataset));
  const unknown = (asked.models ?? []).filter((name) => !models.includes(name) && !["hr", "lr"].includes(name));
  const lost = [...(asked.image && !image ? [`image ${asked.image}`] : []), ...unknown.map((name) => `model ${name}`)];
  report(lost.length ? `The link names what this report does not show: ${lost.join(", ")}.` : "");
  const target = image ?? images[0];
  view.image = target;
  view.models = (asked.models ?? []).filter((name) => !unknown.includes(name));
  view.chosen = asked.chosen ?? view.models.at(-1) ?? "";
  view.layout = asked.layout ?? (narrow.matches && view.models.length > 1 ? "one" : "side");
  view.show = asked.show ?? "picture";
  view.gain = asked.gain ?? view.gain;
  view.crop = asked.crop && insideImage(asked.crop, target.width, target.height);
  view.zoom = asked.zoom ?? null;
  const { crop } = view;
  view.centre = asked.centre ?? (crop ? [crop.x + crop.width / 2, crop.y + crop.height / 2] : [target.width / 2, target.height / 2]);
  const opened = openImage(target);
  if (crop && !view.zoom) {
    stage.zoomToCrop(crop);
    stored();
  }
  await opened;
}
