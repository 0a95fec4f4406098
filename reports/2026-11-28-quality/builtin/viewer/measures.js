"use strict";
/*
 * PSNR and SSIM of a part of an image in double precision, as srbench.metrics computes them.
 *
 * The factory holds all that it needs, so that its source can run in a worker. A part is
 * { data: RGBA bytes, width, height, channels: 1 (grey, the red byte counts) or 3 }.
 */
function measuresOf() {
  const C1 = (0.01 * 255) ** 2;
  const C2 = (0.03 * 255) ** 2;
  const SMALLEST = { wang: 11, "wang-ds": 11, "skimage-default": 7, daala: 1 };

  const roundHalfUp = (level) => Math.floor(Math.min(255, Math.max(0, level)) + 0.5);

  /* BT.601 luma in studio range; grey is its own luma. */
  function lumaPlane(part, rounded) {
    const { data, width, height, channels } = part;
    const plane = new Float64Array(width * height);
    for (let i = 0, at = 0; i < plane.length; i += 1, at += 4) {
      const sum = data[at] * 65.481 + data[at + 1] * 128.553 + data[at + 2] * 24.966;
      const level = channels === 1 ? data[at] : sum / 255 + 16;
      plane[i] = rounded ? roundHalfUp(level) : level;
    }
    return plane;
  }

  function channelPlane(part, channel) {
    const plane = new Float64Array(part.width * part.height);
    for (let i = 0; i < plane.length; i += 1) plane[i] = part.data[4 * i + channel];
    return plane;
  }

  /* The planes that PSNR and SSIM see under a protocol. */
  function planesOf(part, protocol) {
    if (protocol.channel === "y") return [lumaPlane(part, protocol.y_rounding)];
    return (part.channels === 1 ? [0] : [0, 1, 2]).map((channel) => channelPlane(part, channel));
  }

  function psnr(xs, ys) {
    let sum = 0;
    xs.forEach((x, plane) => {
      const y = ys[plane];
      for (let i = 0; i < x.length; i += 1) sum += (x[i] - y[i]) ** 2;
    });
    return 10 * Math.log10(255 ** 2 / (sum / (xs.length * xs[0].length)));
  }

  function gaussian(size, sigma) {
    const raw = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size >> 1)) ** 2) / (2 * sigma ** 2)));
    const sum = raw.reduce((total, value) => total + value, 0);
    return raw.map((value) => value / sum);
  }

  const similarity = (mx, my, squares, product, unbias) => {
    const means = mx * my;
    const power = mx * mx + my * my;
    const structure = 2 * unbias * (product - means) + C2;
    const spread = unbias * (squares - power) + C2;
    return ((2 * means + C1) * structure) / ((power + C1) * spread);
  };

  /* SSIM over the windows that lie wholly inside: calls each(row, column, value). */
  function windowed(x, y, width, height, taps, unbias, each) {
    const columns = width - taps.length + 1;
    const moments = [0, 1, 2, 3].map(() => new Float64Array(width));
    const [mx, my, squares, products] = moments;
    for (let row = 0; row + taps.length <= height; row += 1) {
      for (const moment of moments) moment.fill(0);
      taps.forEach((tap, down) => {
        const start = (row + down) * width;
        for (let column = 0; column < width; column += 1) {
          const a = x[start + column];
          const b = y[start + column];
          mx[column] += tap * a;
          my[column] += tap * b;
          squares[column] += tap * (a * a + b * b);
          products[column] += tap * a * b;
        }
      });
      for (let column = 0; column < columns; column += 1) {
        let [a, b, s, p] = [0, 0, 0, 0];
        for (let i = 0; i < taps.length; i += 1) {
          a += taps[i] * mx[column + i];
          b += taps[i] * my[column + i];
          s += taps[i] * squares[column + i];
          p += taps[i] * products[column + i];
        }
        each(row, column, similarity(a, b, s, p, unbias));
      }
    }
  }

  function meanOfWindows(x, y, width, height, uniform) {
    const taps = uniform ? new Array(7).fill(1 / 7) : gaussian(11, 1.5);
    let [sum, count] = [0, 0];
    windowed(x, y, width, height, taps, uniform ? 49 / 48 : 1, (_row, _column, value) => {
      sum += value;
      count += 1;
    });
    return sum / count;
  }

  /* Box filter with mirrored edges along rows (across = false) or columns, and every f-th pixel. */
  function shrunk(plane, width, height, factor, across) {
    const [length, lines] = across ? [width, height] : [height, width];
    const kept = Math.ceil(length / factor);
    const out = new Float64Array(kept * lines);
    for (let line = 0; line < lines; line += 1) {
      for (let place = 0; place < kept; place += 1) {
        let sum = 0;
        for (let tap = 0; tap < factor; tap += 1) {
          let at = place * factor - ((factor - 1) >> 1) + tap;
          if (at < 0) at = -1 - at;
          else if (at >= length) at = 2 * length - 1 - at;
          sum += across ? plane[line * width + at] : plane[at * width + line];
        }
        out[across ? line * kept + place : place * width + line] = sum / factor;
      }
    }
    return out;
  }

  function downsampled(plane, width, height) {
    const factor = Math.max(1, Math.floor(Math.min(width, height) / 256 + 0.5));
    const rows = shrunk(plane, width, height, factor, false);
    const shorter = Math.ceil(height / factor);
    return [shrunk(rows, width, shorter, factor, true), Math.ceil(width / factor), shorter];
  }

  function daalaTaps(sigma, longest) {
    const area = (Math.sqrt(0.5 * Math.PI) * sigma) / 256;
    const free = area >= 1 ? 0 : Math.floor(sigma * Math.sqrt(-2 * Math.log(area)));
    const reach = Math.min(free, longest - 1);
    const peak = 256 / (Math.sqrt(2 * Math.PI) * sigma);
    const side = Array.from({ length: reach }, (_, i) =>
      Math.floor(peak * Math.exp(-0.5 * ((i + 1) / sigma) ** 2) + 0.5),
    );
    const centre = 256 - 2 * side.reduce((total, value) => total + value, 0);
    return [...side.slice().reverse(), centre, ...side].map((value) => value / 256);
  }

  /* Correlate along one dimension with zeros outside. */
  function padded(plane, width, height, taps, across) {
    const half = taps.length >> 1;
    const out = new Float64Array(plane.length);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        let sum = 0;
        for (let i = 0; i < taps.length; i += 1) {
          const at = (across ? column : row) + i - half;
          if (at < 0 || at >= (across ? width : height)) continue;
          sum += taps[i] * (across ? plane[row * width + at] : plane[at * width + column]);
        }
        out[row * width + column] = sum;
      }
    }
    return out;
  }

  function daala(x, y, width, height) {
    const taps = daalaTaps((height * 1.5) / 256, Math.min(height, width));
    const filtered = (plane) => padded(padded(plane, width, height, taps, true), width, height, taps, false);
    const [mx, my] = [filtered(x), filtered(y)];
    const squares = filtered(x.map((value, i) => value * value + y[i] * y[i]));
    const products = filtered(x.map((value, i) => value * y[i]));
    const weights = filtered(new Float64Array(x.length).fill(1));
    let [sum, total] = [0, 0];
    weights.forEach((weight, i) => {
      sum += weight * similarity(mx[i] / weight, my[i] / weight, squares[i] / weight, products[i] / weight, 1);
      total += weight;
    });
    return sum / total;
  }

  function ssimOfPlane(x, y, width, height, flavour) {
    if (flavour === "daala") return daala(x, y, width, height);
    if (flavour === "skimage-default") return meanOfWindows(x, y, width, height, true);
    if (flavour === "wang") return meanOfWindows(x, y, width, height, false);
    const [small, shorter, lower] = downsampled(x, width, height);
    return meanOfWindows(small, downsampled(y, width, height)[0], shorter, lower, false);
  }

  /* Mean over planes; null where the part is smaller than a window. */
  function ssim(xs, ys, width, height, flavour) {
    if (Math.min(width, height) < SMALLEST[flavour]) return null;
    const values = xs.map((x, plane) => ssimOfPlane(x, ys[plane], width, height, flavour));
    return values.reduce((total, value) => total + value, 0) / values.length;
  }

  /* An output decides whether colours count: one that is grey is measured against one channel of the original. */
  const seen = (sr, hr, protocol) => [planesOf(sr, protocol), planesOf({ ...hr, channels: sr.channels }, protocol)];

  /* PSNR in dB and SSIM of a part under a protocol, without a border: the part is the crop. */
  function measured(sr, hr, protocol) {
    const [xs, ys] = seen(sr, hr, protocol);
    return { psnr: psnr(xs, ys), ssim: ssim(xs, ys, sr.width, sr.height, protocol.ssim) };
  }

  /* The value of each 11 x 11 Gaussian window at its centre; NaN at the edges, where no window fits. */
  function ssimMap(sr, hr, protocol) {
    const [xs, ys] = seen(sr, hr, protocol);
    const map = new Float32Array(sr.width * sr.height).fill(NaN);
    if (Math.min(sr.width, sr.height) < 11) return map;
    xs.forEach((x, plane) => {
      windowed(x, ys[plane], sr.width, sr.height, gaussian(11, 1.5), 1, (row, column, value) => {
        const at = (row + 5) * sr.width + column + 5;
        map[at] = (plane ? map[at] : 0) + value / xs.length;
      });
    });
    return map;
  }

  return { measured, ssimMap, planesOf };
}
