"use strict";
/* Run by test_scripts.py: node --test. What needs no browser of the viewer's scripts. */
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { test } = require("node:test");
const { runInThisContext } = require("node:vm");

const page = join(__dirname, "../../../srbench/report/viewer/page");
for (const name of ["measures.js", "resample.js", "address.js"]) {
  runInThisContext(readFileSync(join(page, name), "utf-8"), { filename: name });
}

const view = {
  dataset: "my set",
  image: "a,b & c/ä",
  models: ["bicubic", "net, v2@0.5", "50%"],
  chosen: "50%",
  crop: { x: 60, y: 80, width: 64, height: 48 },
  zoom: 3.5,
  centre: [91.25, 100],
  layout: "wipe",
  show: "difference",
  gain: 6,
};

test("an address opens exactly what wrote it", () => {
  assert.deepEqual(parsedAddress(writtenAddress(view)), view);
});

test("what an address leaves out or has wrong is left to the page", () => {
  const asked = parsedAddress("#image=%E4&crop=1,2,x,4&zoom=-3&layout=round&show=&models=");
  assert.equal(asked.image, "%E4");
  for (const name of ["dataset", "models", "zoom", "layout", "show", "gain", "centre"]) assert.equal(asked[name], undefined);
  assert.equal(asked.crop, null);
});

test("a rectangle is cut at the edges of the image", () => {
  assert.deepEqual(insideImage({ x: -4, y: 10, width: 20, height: 90 }, 50, 40), { x: 0, y: 10, width: 16, height: 30 });
  assert.equal(insideImage({ x: 50, y: 0, width: 9, height: 9 }, 50, 40), null);
});

const part = (width, height, channels, levelOf) => {
  const data = new Uint8ClampedArray(width * height * 4).map((_, at) => (at % 4 === 3 ? 255 : levelOf(at)));
  return { data, width, height, channels };
};

test("equal parts have infinite PSNR and an SSIM of 1; small ones have no SSIM", () => {
  const { measured } = measuresOf();
  const wang = { channel: "y", y_rounding: false, ssim: "wang" };
  const flat = part(12, 12, 3, (at) => (at * 7) % 256);
  assert.equal(measured(flat, flat, wang).psnr, Infinity);
  assert.ok(Math.abs(measured(flat, flat, wang).ssim - 1) < 1e-12);
  const low = part(30, 10, 3, (at) => (at * 7) % 256);
  assert.equal(measured(low, low, wang).ssim, null);
});

test("16 grey levels are 24.05 dB", () => {
  const { measured } = measuresOf();
  const rgb = { channel: "rgb", y_rounding: false, ssim: "wang" };
  const value = measured(part(8, 8, 3, () => 16), part(8, 8, 3, () => 0), rgb).psnr;
  assert.ok(Math.abs(value - 20 * Math.log10(255 / 16)) < 1e-12);
});

test("nearest repeats pixels, and bicubic keeps a flat image", () => {
  const lr = part(2, 1, 3, (at) => (at < 4 ? 10 : 200));
  assert.deepEqual([...enlarged(lr, 2, "nearest").data.filter((_, at) => at % 4 === 0)], [10, 10, 200, 200, 10, 10, 200, 200]);
  for (const recipe of ["bicubic", "bicubic-passes", "bilinear", "lanczos-passes"]) {
    assert.ok([...enlarged(part(3, 3, 3, () => 77), 4, recipe).data].every((level) => level === 77 || level === 255));
  }
});
