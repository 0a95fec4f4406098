"use strict";
/* One canvas of the stage with its caption. Zoom is in screen pixels of an image's pixel. */

const NUMBERS_PX = 46;
const FRAME = ["#000", "#fff"];

class Panel {
  constructor(view) {
    this.view = view;
    this.element = document.createElement("figure");
    this.element.className = "panel";
    this.caption = document.createElement("figcaption");
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.element.append(this.caption, this.canvas);
    this.names = [];
    this.layers = new Map();
    this.failure = "";
  }

  /* One name, or two with the border between them at view.wipe. */
  async show(names) {
    this.names = names;
    const key = [this.view.image.number, this.view.show, this.view.gain, ...names].join("/");
    if (this.key === key) return;
    this.key = key;
    const wanted = [...new Set([...names, "hr"])];
    try {
      const layers = await Promise.all(wanted.map((name) => layerOf(this.view, name)));
      if (this.key !== key) return;
      this.layers = new Map(wanted.map((name, i) => [name, layers[i]]));
      this.failure = "";
    } catch (error) {
      if (this.key !== key) return;
      this.layers = new Map();
      this.failure = error.message;
    }
  }

  get visible() {
    return this.view.peek ? ["hr"] : this.names;
  }

  /* Fit the canvas to its box; returns whether it has one. */
  fit() {
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * devicePixelRatio), Math.round(box.height * devicePixelRatio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
    }
    return width > 0 && height > 0;
  }

  get fitted() {
    const { image } = this.view;
    return Math.min(this.canvas.width / image.width, this.canvas.height / image.height);
  }

  get zoom() {
    return this.view.zoom ?? this.fitted;
  }

  get origin() {
    const [x, y] = this.view.zoom ? this.view.centre : [this.view.image.width / 2, this.view.image.height / 2];
    return [Math.round(this.canvas.width / 2 - x * this.zoom), Math.round(this.canvas.height / 2 - y * this.zoom)];
  }

  /* Image coordinates of a pointer event. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [left, top] = this.origin;
    return [
      ((event.clientX - box.left) * devicePixelRatio - left) / this.zoom,
      ((event.clientY - box.top) * devicePixelRatio - top) / this.zoom,
    ];
  }

  draw() {
    if (!this.fit()) return;
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    const [first, second] = this.visible;
    if (this.failure || !this.layers.has(first)) {
      this.write(context, this.failure || "Loading…");
      return;
    }
    this.paint(context, this.layers.get(first), 0, width);
    if (second) {
      const border = Math.round((this.view.wipe / 100) * width);
      context.clearRect(border, 0, width - border, height);
      this.paint(context, this.layers.get(second), border, width);
      this.line(context, border, 0, border, height);
    }
    if (this.view.crop) this.frame(context, this.view.crop, [6, 4]);
    if (this.view.hover) this.frame(context, { x: this.view.hover[0], y: this.view.hover[1], width: 1, height: 1 }, []);
  }

  write(context, text) {
    context.fillStyle = getComputedStyle(this.element).color;
    context.font = `${14 * devicePixelRatio}px system-ui, sans-serif`;
    const words = text.split(" ");
    let [line, y] = ["", 30 * devicePixelRatio];
    for (const word of [...words, ""]) {
      if (!word || context.measureText(`${line} ${word}`).width > this.canvas.width - 32 * devicePixelRatio) {
        context.fillText(line.trim(), 16 * devicePixelRatio, y);
        y += 20 * devicePixelRatio;
        line = "";
      }
      line += ` ${word}`;
    }
  }

  /* Draw what lies between two columns of the canvas. */
  paint(context, layer, from, to) {
    const { image } = this.view;
    const [left, top] = this.origin;
    const { zoom } = this;
    const [sx, sy] = [layer.canvas.width / image.width, layer.canvas.height / image.height];
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, this.canvas.height);
    context.clip();
    context.imageSmoothingEnabled = zoom < 1;
    context.imageSmoothingQuality = "high";
    const x0 = Math.max(0, Math.floor(-left / zoom));
    const y0 = Math.max(0, Math.floor(-top / zoom));
    const x1 = Math.min(image.width, Math.ceil((this.canvas.width - left) / zoom));
    const y1 = Math.min(image.height, Math.ceil((this.canvas.height - top) / zoom));
    if (x1 > x0 && y1 > y0) {
      const [w, h] = [x1 - x0, y1 - y0];
      const target = [left + x0 * zoom, top + y0 * zoom, w * zoom, h * zoom];
      context.drawImage(layer.canvas, x0 * sx, y0 * sy, w * sx, h * sy, ...target);
      if (zoom >= NUMBERS_PX * devicePixelRatio) this.numbers(context, layer, [x0, y0, x1, y1]);
    }
    context.restore();
  }

  numbers(context, layer, [x0, y0, x1, y1]) {
    const { zoom } = this;
    const [left, top] = this.origin;
    const size = Math.min(zoom / 4, 15 * devicePixelRatio);
    context.font = `${size}px ui-monospace, monospace`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = size / 4;
    context.lineJoin = "round";
    context.strokeStyle = "#000";
    context.fillStyle = "#fff";
    for (let y = y0; y < y1; y += 1) {
      for (let x = x0; x < x1; x += 1) {
        const lines = layer.numbers(x, y);
        lines.forEach((text, i) => {
          const middle = top + (y + 0.5) * zoom + (i - (lines.length - 1) / 2) * size * 1.15;
          context.strokeText(text, left + (x + 0.5) * zoom, middle);
          context.fillText(text, left + (x + 0.5) * zoom, middle);
        });
      }
    }
  }

  line(context, ...ends) {
    FRAME.forEach((colour, i) => {
      context.lineWidth = (3 - 2 * i) * devicePixelRatio;
      context.strokeStyle = colour;
      context.setLineDash([]);
      context.beginPath();
      context.moveTo(ends[0], ends[1]);
      context.lineTo(ends[2], ends[3]);
      context.stroke();
    });
  }

  /* A dashed frame in black and white around a rectangle of the image, seen on any picture. */
  frame(context, { x, y, width, height }, dash) {
    const [left, top] = this.origin;
    FRAME.forEach((colour, i) => {
      context.lineWidth = (dash.length ? 2 : 1) * devicePixelRatio;
      context.strokeStyle = colour;
      context.setLineDash(i ? dash.map((length) => length * devicePixelRatio) : []);
      const grow = dash.length || i ? 0 : devicePixelRatio;
      context.strokeRect(
        left + x * this.zoom - grow,
        top + y * this.zoom - grow,
        width * this.zoom + 2 * grow,
        height * this.zoom + 2 * grow,
      );
    });
    context.setLineDash([]);
  }
}
