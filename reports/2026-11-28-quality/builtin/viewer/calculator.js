"use strict";
/* A worker, made from the source of measures.js: workers from files do not start in pages that are opened from disk. */

const calculator = (() => {
  const answering = `
    const measures = (${measuresOf})();
    onmessage = ({ data: { id, what, sr, hr, protocol } }) => postMessage({ id, value: measures[what](sr, hr, protocol) });
  `;
  const worker = new Worker(URL.createObjectURL(new Blob([answering], { type: "text/javascript" })));
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, value } }) => {
    waiting.get(id)(value);
    waiting.delete(id);
  };
  /* what: "measured" or "ssimMap". */
  return (what, sr, hr, protocol) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      worker.postMessage({ id: last, what, sr, hr, protocol }, [sr.data.buffer, hr.data.buffer]);
    });
})();

/* PSNR and SSIM of a rectangle of a model's output under the protocol of the run. */
async function measuredRectangle(image, model, rectangle) {
  const [sr, hr] = await Promise.all([partOf(image, model, rectangle), partOf(image, "hr", rectangle)]);
  return calculator("measured", sr, hr, srbenchIndex.protocol);
}
