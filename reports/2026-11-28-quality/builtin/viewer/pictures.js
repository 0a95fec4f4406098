"use strict";
/* Pictures: loaded when they are needed, decoded without any change of their values, and forgotten when many are. */

const KEPT_BYTES = 400 * 2 ** 20;
const arriving = new Map();

/* Called by the script of each picture; the low byte of each character is a byte of the file. */
function srbenchArrived(name, text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i) & 0xff;
  arriving.get(name)?.(bytes);
}

function bytesOf(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const done = (act, value) => {
      arriving.delete(name);
      script.remove();
      act(value);
    };
    arriving.set(name, (bytes) => done(resolve, bytes));
    script.charset = "x-user-defined";
    script.onerror = () =>
      done(reject, new Error(`pictures/${name}.js cannot be read; expected it beside this page. Copy the whole folder`));
    script.src = `pictures/${name}.js`;
    document.head.append(script);
  });
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/* CRC-32 of the RGB bytes of RGBA data, as zlib computes it. */
function checksumOf(data) {
  let crc = 0xffffffff;
  for (let at = 0; at < data.length; at += 4) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ data[at]) & 0xff];
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ data[at + 1]) & 0xff];
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ data[at + 2]) & 0xff];
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function emptyCanvas(width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  return canvas;
}

async function decodedCanvas(bytes) {
  const blob = new Blob([bytes], { type: "image/webp" });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = emptyCanvas(bitmap.width, bitmap.height);
  canvas.context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

/* All pixels of a canvas, or those of a rectangle: RGBA { data, width, height }. */
function pixelsOf(canvas, part = { x: 0, y: 0, width: canvas.width, height: canvas.height }) {
  return canvas.context.getImageData(part.x, part.y, part.width, part.height);
}

/* Keeps canvases by name, the least recently used of which go first. */
class Shelf {
  constructor(limit) {
    this.limit = limit;
    this.canvases = new Map();
    this.pending = new Map();
    this.bytes = 0;
  }

  now(name) {
    const canvas = this.canvases.get(name);
    if (canvas) {
      this.canvases.delete(name);
      this.canvases.set(name, canvas);
    }
    return canvas;
  }

  get(name, make) {
    const here = this.now(name);
    if (here) return Promise.resolve(here);
    if (!this.pending.has(name)) {
      const made = make().then((canvas) => this.keep(name, canvas));
      this.pending.set(name, made.finally(() => this.pending.delete(name)));
    }
    return this.pending.get(name);
  }

  keep(name, canvas) {
    this.canvases.set(name, canvas);
    this.bytes += canvas.width * canvas.height * 4;
    for (const [old, other] of this.canvases) {
      if (this.bytes <= this.limit || old === name) break;
      this.canvases.delete(old);
      this.bytes -= other.width * other.height * 4;
    }
    return canvas;
  }
}

const shelf = new Shelf(KEPT_BYTES);

function verified(canvas, facts, what) {
  if (checksumOf(pixelsOf(canvas).data) !== facts.checksum) {
    throw new Error(
      `This browser shows ${what} with other values than were measured, so that numbers here would be wrong. ` +
        "Turn off what changes pixels (privacy.resistFingerprinting in Firefox), or take another browser",
    );
  }
  return canvas;
}

/* The canvas of "hr", "lr" or a model of an image of the index. */
function pictureOf(image, name) {
  return shelf.get(`${image.number}/${name}`, async () => {
    const output = image.outputs[name];
    if (output?.recipe) {
      const lr = await pictureOf(image, "lr");
      const { data, width, height } = enlarged(pixelsOf(lr), srbenchIndex.protocol.scale, output.recipe);
      const canvas = emptyCanvas(width, height);
      canvas.context.putImageData(new ImageData(data, width, height), 0, 0);
      return verified(canvas, output, `${name} of ${image.image}`);
    }
    const canvas = await decodedCanvas(await bytesOf(`${image.number}-${output ? output.place : name}`));
    return verified(canvas, output ?? image[name], `${name} of ${image.image}`);
  });
}

function lpipsPictureOf(image, name) {
  return shelf.get(`${image.number}/lpips/${name}`, async () =>
    decodedCanvas(await bytesOf(`${image.number}-${image.outputs[name].place}_lpips`)),
  );
}

/* A part of a picture as measures.js takes it. */
async function partOf(image, name, rectangle) {
  const { data, width, height } = pixelsOf(await pictureOf(image, name), rectangle);
  return { data, width, height, channels: (image.outputs[name] ?? image[name]).channels };
}
