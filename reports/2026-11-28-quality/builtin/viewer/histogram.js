"use strict";
/* Histogram of what PSNR sees (luma, or all channels) in the selected rectangle or the whole image. */

const LINES = ["", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];
const DASHES = [[], [], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 2]];
const BINS = 64;

const countingPlanes = measuresOf().planesOf;

function countsOf(part, protocol) {
  const counts = new Float64Array(BINS);
  let [sum, squares, n] = [0, 0, 0];
  for (const plane of countingPlanes(part, protocol)) {
    for (const level of plane) {
      counts[Math.min(BINS - 1, Math.floor((level / 256) * BINS))] += 1;
      sum += level;
      squares += level * level;
      n += 1;
    }
  }
  const mean = sum / n;
  return { counts: counts.map((count) => count / n), mean, deviation: Math.sqrt(Math.max(0, squares / n - mean ** 2)) };
}

/* Draw HR and, at most, six models; says mean and standard deviation of each as text. */
async function drawHistogram(canvas, list, view, names) {
  const { image } = view;
  const part = view.crop ?? { x: 0, y: 0, width: image.width, height: image.height };
  const kept = ["hr", ...names.filter((name) => image.outputs[name])].slice(0, LINES.length);
  const found = await Promise.all(kept.map(async (name) => countsOf(await partOf(image, name, part), srbenchIndex.protocol)));
  if (image !== view.image) return;
  const box = canvas.getBoundingClientRect();
  [canvas.width, canvas.height] = [box.width * devicePixelRatio, box.height * devicePixelRatio];
  const context = canvas.getContext("2d");
  const highest = Math.max(...found.flatMap(({ counts }) => [...counts]));
  const ink = getComputedStyle(canvas).color;
  found.forEach(({ counts }, line) => {
    context.strokeStyle = LINES[line] || ink;
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash(DASHES[line].map((length) => length * devicePixelRatio));
    context.beginPath();
    counts.forEach((count, bin) => {
      const x = ((bin + 0.5) / BINS) * canvas.width;
      context.lineTo(x, canvas.height - 2 - (count / highest) * (canvas.height - 6));
    });
    context.stroke();
  });
  list.replaceChildren(
    ...kept.map((name, line) => {
      const item = document.createElement("li");
      item.style.setProperty("--line", LINES[line] || "currentColor");
      const { mean, deviation } = found[line];
      item.textContent = `${shownName(name)}: mean ${mean.toFixed(1)}, deviation ${deviation.toFixed(1)}`;
      return item;
    }),
  );
}
