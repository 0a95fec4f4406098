"use strict";
/*
 * Outputs that follow from LR exactly: each pixel repeated, or MATLAB's bilinear, bicubic or Lanczos, rounded as
 * srbench.core.resize does. Only for scales that are powers of two: there every weight of the first two, and so every sum,
 * is exact in binary numbers; of Lanczos only where no sum is near the middle between two levels.
 */
const sinc = (x) => (x ? Math.sin(Math.PI * x) / (Math.PI * x) : 1);

function weightAt(distance, kernel) {
  const a = Math.abs(distance);
  if (kernel === "lanczos") return a < 3 ? sinc(a) * sinc(a / 3) : 0;
  if (kernel === "bilinear") return Math.max(0, 1 - a);
  if (a <= 1) return 1.5 * a * a * a - 2.5 * a * a + 1;
  return a <= 2 ? -0.5 * a * a * a + 2.5 * a * a - 4 * a + 2 : 0;
}

function tapsOf(length, scale, kernel) {
  const reach = kernel === "lanczos" ? 3 : 2;
  return Array.from({ length: length * scale }, (_, out) => {
    const centre = (out + 0.5) / scale - 0.5;
    const places = Array.from({ length: 2 * reach }, (__, tap) => Math.floor(centre) - reach + 1 + tap);
    const weights = places.map((at) => weightAt(centre - at, kernel));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return places.map((at, tap) => {
      const phase = ((at % (2 * length)) + 2 * length) % (2 * length);
      return [phase < length ? phase : 2 * length - 1 - phase, weights[tap] / total];
    });
  });
}

const toLevel = (value) => Math.floor(Math.min(255, Math.max(0, value)) + 0.5);

/* lr: RGBA { data, width, height }. Returns the same, `scale` times as large. */
function enlarged(lr, scale, recipe) {
  const [width, height] = [lr.width * scale, lr.height * scale];
  const out = new Uint8ClampedArray(width * height * 4).fill(255);
  if (recipe === "nearest") {
    const [from, to] = [new Uint32Array(lr.data.buffer), new Uint32Array(out.buffer)];
    for (let row = 0; row < height; row += 1) {
      const start = Math.floor(row / scale) * lr.width;
      for (let column = 0; column < width; column += 1) {
        to[row * width + column] = from[start + Math.floor(column / scale)];
      }
    }
    return { data: out, width, height };
  }
  const [kernel, passes] = recipe.split("-");
  const [down, across] = [tapsOf(lr.height, scale, kernel), tapsOf(lr.width, scale, kernel)];
  const line = new Float64Array(lr.width * 3);
  down.forEach((taps, row) => {
    for (let i = 0; i < line.length; i += 1) {
      const at = Math.floor(i / 3) * 4 + (i % 3);
      let sum = 0;
      for (const [from, weight] of taps) sum += lr.data[from * lr.width * 4 + at] * weight;
      line[i] = passes ? toLevel(sum) : sum;
    }
    across.forEach((columnTaps, column) => {
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (const [from, weight] of columnTaps) sum += line[from * 3 + channel] * weight;
        out[(row * width + column) * 4 + channel] = toLevel(sum);
      }
    });
  });
  return { data: out, width, height };
}
