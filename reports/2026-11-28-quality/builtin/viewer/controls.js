"use strict";
/* Buttons, fields and keys. */

function zoomStep(factor) {
  stage.zoomTo(stage.zoom * factor);
  changed("view");
}

function fit() {
  view.zoom = null;
  changed("view");
}

function setLayout(layout) {
  view.layout = layout;
  if (layout === "wipe" && view.left === view.chosen) {
    view.left = view.chosen === "hr" ? (view.models.find((name) => name !== "hr") ?? "lr") : "hr";
  }
  refresh();
}

function setTool(tool) {
  view.tool = tool;
  changed("view");
}

function setShow(show) {
  view.show = view.show === show ? "picture" : show;
  refresh();
}

function clearCrop() {
  view.crop = null;
  changed("crop");
  numbers.draw();
}

function moveCrop() {
  const [x, y, width, height] = ["x", "y", "width", "height"].map((side) => Number(byId(`crop-${side}`).value || NaN));
  if (![x, y, width, height].every(Number.isFinite)) return;
  view.crop = insideImage({ x, y, width, height }, view.image.width, view.image.height);
  report(view.crop ? "" : `A rectangle inside ${view.image.width} × ${view.image.height} px is expected.`);
  changed("crop");
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    report(`${what} copied.`);
  } catch {
    prompt(`Copy this ${what.toLowerCase()}:`, text);
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  stage.draw();
  histogramSoon();
}

const STEP_PX = 60;
const move = (right, down) => () => {
  stage.moveBy(right * STEP_PX * devicePixelRatio, down * STEP_PX * devicePixelRatio);
  changed("view");
};

const actions = {
  n: () => step(1),
  p: () => step(-1),
  s: () => setLayout("side"),
  o: () => setLayout("one"),
  w: () => setLayout("wipe"),
  m: () => setTool("move"),
  r: () => setTool("rectangle"),
  d: () => setShow("difference"),
  q: () => setShow("ssim"),
  i: () => setShow("lpips"),
  f: fit,
  x: () => {
    stage.zoomTo(1);
    changed("view");
  },
  c: () => view.crop && stage.zoomToCrop(view.crop),
  l: () => view.image.lr && choose("lr"),
  "+": () => zoomStep(2 ** 0.5),
  "=": () => zoomStep(2 ** 0.5),
  "-": () => zoomStep(2 ** -0.5),
  "?": () => byId("help").showModal(),
  ArrowLeft: move(1, 0),
  ArrowRight: move(-1, 0),
  ArrowUp: move(0, 1),
  ArrowDown: move(0, -1),
  Escape: clearCrop,
};
for (let key = 0; key <= 9; key += 1) {
  actions[key] = () => {
    const name = numbers.names.find((one) => keyOf(one) === String(key));
    if (name) choose(name);
  };
}

listenToKeys(
  actions,
  (held) => {
    if (view.peek === held) return;
    view.peek = held;
    stage.draw();
  },
  () => byId("keys-on").checked,
);

for (const name of ["layout", "tool"]) {
  const set = { layout: setLayout, tool: setTool }[name];
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.addEventListener("click", () => set(button.dataset[name]));
  }
}
byId("show").addEventListener("change", (event) => {
  view.show = event.target.value;
  refresh();
});
byId("gain").addEventListener("input", (event) => {
  view.gain = Number(event.target.value);
  refresh();
});
byId("wipe").addEventListener("input", (event) => {
  view.wipe = Number(event.target.value);
  stage.draw();
});
byId("left").addEventListener("change", (event) => {
  view.left = event.target.value;
  refresh();
});
byId("image").addEventListener("change", (event) => openImage(srbenchIndex.images[event.target.value]));
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("larger").addEventListener("click", () => zoomStep(2 ** 0.5));
byId("smaller").addEventListener("click", () => zoomStep(2 ** -0.5));
byId("fit").addEventListener("click", fit);
byId("exact").addEventListener("click", actions.x);
byId("crop").addEventListener("input", moveCrop);
byId("crop").addEventListener("submit", (event) => event.preventDefault());
byId("clear").addEventListener("click", clearCrop);
byId("zoom-crop").addEventListener("click", () => {
  if (view.crop) stage.zoomToCrop(view.crop);
  changed("view");
});
byId("link").addEventListener("click", () => copy(location.href, "Link"));
byId("copy-command").addEventListener("click", () => copy(byId("command").textContent, "Command"));
byId("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  setTheme(dark ? "light" : "dark");
});
byId("keys").addEventListener("click", () => byId("help").showModal());
byId("gallery-open").addEventListener("click", () => byId("gallery").showModal());
byId("histogram-box").addEventListener("toggle", histogramSoon);
addEventListener("hashchange", () => follow(location.hash));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => stage.draw());

function link(address, text) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = text;
  return anchor;
}

function listed(parent, children) {
  parent.replaceChildren(
    ...children.map((child) => {
      const item = document.createElement("li");
      item.append(child);
      return item;
    }),
  );
}

const DISPUTES = {
  models: "Models differ most",
  metrics: "PSNR and LPIPS disagree most",
  ranking: "They decide the order",
};
const severalSets = srbenchIndex.images.some((image) => image.dataset !== srbenchIndex.images[0].dataset);
const nameOf = ({ dataset, image }) => (severalSets ? `${image} (${dataset})` : image);

function thumbnail(image) {
  const button = document.createElement("button");
  const picture = new Image();
  picture.loading = "lazy";
  picture.alt = "";
  picture.src = `pictures/${image.number}.webp`;
  button.type = "button";
  button.append(picture, nameOf(image));
  button.addEventListener("click", () => {
    byId("gallery").close();
    openImage(image);
  });
  return button;
}

const groups = Map.groupBy
  ? Map.groupBy(srbenchIndex.images, (image) => image.dataset)
  : srbenchIndex.images.reduce((all, one) => all.set(one.dataset, [...(all.get(one.dataset) ?? []), one]), new Map());
for (const [dataset, images] of groups) {
  const group = document.createElement("optgroup");
  group.label = dataset;
  group.append(...images.map((image) => new Option(image.image, image.number)));
  byId("image").append(group);
}
byId("protocol").textContent = srbenchIndex.described;
listed(byId("thumbnails"), srbenchIndex.images.map(thumbnail));
for (const [kind, heading] of Object.entries(DISPUTES)) {
  const found = srbenchIndex.disputed.filter((one) => one.kind === kind);
  if (!found.length) continue;
  const [title, list] = [document.createElement("h3"), document.createElement("ul")];
  title.textContent = heading;
  listed(list, found.map((one) => {
    const parts = document.createDocumentFragment();
    parts.append(link(one.address, nameOf(one)), `: ${one.why}`);
    return parts;
  }));
  byId("disputed").append(title, list);
}
byId("disputed-box").hidden = !srbenchIndex.disputed.length;
listed(byId("left-out"), srbenchIndex.leftOut);
byId("left-out-box").hidden = !srbenchIndex.leftOut.length;

const ready = follow(location.hash);
