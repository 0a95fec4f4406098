"use strict";
/* What a panel shows of a model: the picture, or a map of how it differs from HR. A layer is a canvas and its numbers. */

/* Black, violet, orange, pale yellow: equal steps of lightness, readable without colour vision. */
const HEAT = [
  [0, 0, 4],
  [59, 15, 112],
  [140, 41, 129],
  [222, 73, 104],
  [254, 159, 109],
  [252, 253, 191],
];

function heatOf(share) {
  const place = Math.min(1, Math.max(0, share)) * (HEAT.length - 1);
  const low = Math.min(HEAT.length - 2, Math.floor(place));
  return HEAT[low].map((level, i) => level + (HEAT[low + 1][i] - level) * (place - low));
}

const HEAT_BYTES = Array.from({ length: 256 }, (_, level) => heatOf(level / 255));

function painted(width, height, colourAt) {
  const canvas = emptyCanvas(width, height);
  const pixels = canvas.context.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const colour = colourAt(i);
    pixels.data.set(colour, 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  canvas.context.putImageData(pixels, 0, 0);
  return canvas;
}

/* The bytes of a pixel as lines of text. */
function levelsAt(canvas, channels) {
  return (x, y) => Array.from(pixelsOf(canvas, { x, y, width: 1, height: 1 }).data.slice(0, channels), String);
}

async function pictureLayer(image, name) {
  const canvas = await pictureOf(image, name);
  return { canvas, numbers: levelsAt(canvas, (image.outputs[name] ?? image[name]).channels) };
}

async function differenceLayer(image, name, gain) {
  const [sr, hr] = (await Promise.all([pictureOf(image, name), pictureOf(image, "hr")])).map((canvas) => pixelsOf(canvas));
  const canvas = emptyCanvas(sr.width, sr.height);
  const pixels = canvas.context.createImageData(sr.width, sr.height);
  for (let at = 0; at < sr.data.length; at += 1) {
    pixels.data[at] = at % 4 === 3 ? 255 : gain * Math.abs(sr.data[at] - hr.data[at]);
  }
  canvas.context.putImageData(pixels, 0, 0);
  const { channels } = image.outputs[name] ?? image[name];
  const signed = (at) => {
    const difference = sr.data[at] - hr.data[at];
    return difference > 0 ? `+${difference}` : String(difference).replace("-", "−");
  };
  return {
    canvas,
    numbers: (x, y) => Array.from({ length: channels }, (_, channel) => signed(4 * (y * sr.width + x) + channel)),
  };
}

async function ssimLayer(image, name) {
  const canvas = await shelf.get(`${image.number}/ssim/${name}`, async () => {
    const whole = { x: 0, y: 0, width: image.width, height: image.height };
    const [sr, hr] = await Promise.all([partOf(image, name, whole), partOf(image, "hr", whole)]);
    const map = await calculator("ssimMap", sr, hr, srbenchIndex.protocol);
    const grey = [110, 110, 110];
    const made = painted(image.width, image.height, (i) => (Number.isNaN(map[i]) ? grey : heatOf(1 - map[i])));
    made.map = map;
    return made;
  });
  const value = (x, y) => canvas.map[y * image.width + x];
  return { canvas, numbers: (x, y) => [Number.isNaN(value(x, y)) ? "none" : value(x, y).toFixed(3)] };
}

async function lpipsLayer(image, name) {
  const stored = await lpipsPictureOf(image, name);
  const { data, width, height } = pixelsOf(stored);
  const canvas = painted(width, height, (i) => HEAT_BYTES[data[4 * i]]);
  const value = (x, y) => {
    const column = Math.min(width - 1, Math.floor((x / image.width) * width));
    const row = Math.min(height - 1, Math.floor((y / image.height) * height));
    return (data[4 * (row * width + column)] / 255) * image.lpipsHighest;
  };
  return { canvas, numbers: (x, y) => [value(x, y).toFixed(3)] };
}

/* HR and LR have no map: they are shown as they are. */
function layerOf(view, name) {
  const { image, show, gain } = view;
  if (show === "picture" || !image.outputs[name]) return pictureLayer(image, name);
  if (show === "difference") return differenceLayer(image, name, gain);
  if (show === "ssim") return ssimLayer(image, name);
  if (!image.outputs[name].lpipsMap) {
    return Promise.reject(new Error("No map of LPIPS is stored; it is made for runs with --metrics psnr,ssim,lpips"));
  }
  return lpipsLayer(image, name);
}
