"use strict";
/*
 * The part of the address behind "#". It says all that is on the screen:
 * dataset, image, models (names with commas between), crop (x,y,width,height in HR pixels), zoom (screen pixels of an
 * image's pixel), centre (x,y in HR pixels), layout (side, one, wipe), show (picture, difference, ssim, lpips), gain, chosen.
 */
const LAYOUTS = ["side", "one", "wipe"];
const KINDS = ["picture", "difference", "ssim", "lpips"];

function numbersOf(text, count) {
  const numbers = (text ?? "").split(",").map(Number);
  return text && numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsedAddress(fragment) {
  const fields = {};
  for (const pair of fragment.replace(/^#/, "").split("&")) {
    const cut = pair.indexOf("=");
    if (cut > 0) fields[pair.slice(0, cut)] = pair.slice(cut + 1);
  }
  const one = (name) => (fields[name] === undefined ? undefined : decoded(fields[name]));
  const crop = numbersOf(fields.crop, 4);
  const zoom = numbersOf(fields.zoom, 1);
  const gain = numbersOf(fields.gain, 1);
  return {
    dataset: one("dataset"),
    image: one("image"),
    models: fields.models ? fields.models.split(",").map(decoded) : undefined,
    chosen: one("chosen"),
    crop: crop && { x: crop[0], y: crop[1], width: crop[2], height: crop[3] },
    zoom: zoom && zoom[0] > 0 ? zoom[0] : undefined,
    centre: numbersOf(fields.centre, 2) ?? undefined,
    layout: LAYOUTS.includes(fields.layout) ? fields.layout : undefined,
    show: KINDS.includes(fields.show) ? fields.show : undefined,
    gain: gain && gain[0] > 0 ? gain[0] : undefined,
  };
}

function writtenAddress(view) {
  const quoted = (name) => encodeURIComponent(name).replace(/%2F/g, "/");
  const rounded = (number) => String(Math.round(number * 1000) / 1000);
  const fields = [
    ["dataset", quoted(view.dataset)],
    ["image", quoted(view.image)],
    ["models", view.models.map(quoted).join(",")],
    ["chosen", view.layout !== "side" && view.chosen ? quoted(view.chosen) : ""],
    ["crop", view.crop ? [view.crop.x, view.crop.y, view.crop.width, view.crop.height].join(",") : ""],
    ["zoom", view.zoom ? rounded(view.zoom) : ""],
    ["centre", view.zoom && view.centre ? view.centre.map(rounded).join(",") : ""],
    ["layout", view.layout === "side" ? "" : view.layout],
    ["show", view.show === "picture" ? "" : view.show],
    ["gain", view.show === "difference" ? rounded(view.gain) : ""],
  ];
  return "#" + fields.filter(([, text]) => text).map((field) => field.join("=")).join("&");
}

/* A rectangle with whole corners inside an image; null where nothing of it is inside. */
function insideImage(rectangle, width, height) {
  const left = Math.max(0, Math.round(rectangle.x));
  const top = Math.max(0, Math.round(rectangle.y));
  const right = Math.min(width, Math.round(rectangle.x + rectangle.width));
  const bottom = Math.min(height, Math.round(rectangle.y + rectangle.height));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}
