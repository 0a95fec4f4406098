"use strict";
/* The table of models with their numbers: of the whole image as the run has them, or of the selected rectangle. */

const DIGITS = { psnr: 2, ssim: 4, lpips: 4 };

function numberText(value, digits) {
  if (value === null || value === undefined) return "–";
  const number = Number(value);
  if (Number.isFinite(number)) return number.toFixed(digits);
  return number > 0 ? "∞" : "none";
}

class Numbers {
  constructor(view, choose) {
    Object.assign(this, { view, choose, measured: new Map(), busy: false, again: false });
    this.body = document.querySelector("#models tbody");
    this.heading = document.getElementById("numbers-of");
  }

  get metrics() {
    return ["psnr", "ssim", "lpips"];
  }

  get names() {
    const { image } = this.view;
    return ["hr", ...srbenchIndex.models.filter((name) => image.outputs[name]), ...(image.lr ? ["lr"] : [])];
  }

  /* The value of a model in what is selected; undefined while it is being computed. */
  value(name, metric) {
    const stored = this.view.image.outputs[name]?.values[metric];
    if (!this.view.crop) return typeof stored === "string" ? Number(stored) : stored;
    return metric === "lpips" ? null : this.measured.get(name)?.[metric];
  }

  caption(name) {
    if (!this.view.image.outputs[name]) return "";
    const [psnr, ssim] = ["psnr", "ssim"].map((metric) => this.value(name, metric));
    if (psnr === undefined && ssim === undefined) return "";
    return `${numberText(psnr, 2)} dB, ${numberText(ssim, 4)}`;
  }

  /* Make the rows of an image's models. */
  build() {
    this.body.replaceChildren(...this.names.map((name) => this.row(name)));
    this.draw();
  }

  row(name) {
    const row = document.createElement("tr");
    row.dataset.name = name;
    const head = document.createElement("th");
    head.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    const key = document.createElement("kbd");
    key.textContent = keyOf(name);
    const text = document.createElement("span");
    const parts = shownName(name).split(/(?<=[._@])/);
    text.append(...parts.flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part])));
    button.append(key, text);
    button.addEventListener("click", () => this.choose(name));
    head.append(button);
    row.append(head, ...this.metrics.map(() => document.createElement("td")));
    return row;
  }

  draw() {
    const { crop, layout, models, chosen, left } = this.view;
    const { protocol } = srbenchIndex;
    const channel = protocol.channel === "y" ? "Y" : "RGB";
    const [what, how] = crop
      ? [`Rectangle ${crop.width} × ${crop.height} at ${crop.x}, ${crop.y}`, "no border"]
      : ["Whole image", `border ${protocol.border_px} px, as in the tables`];
    this.heading.textContent = what;
    document.getElementById("numbers-how").textContent = `PSNR and SSIM on ${channel}, ${how}`;
    document.getElementById("models").classList.toggle("of-rectangle", Boolean(crop));
    const best = this.metrics.map((metric) => this.best(metric));
    const shown = layout === "side" ? models : layout === "one" ? [chosen] : [left, chosen];
    for (const row of this.body.rows) {
      const { name } = row.dataset;
      row.querySelector("button").setAttribute("aria-pressed", shown.includes(name));
      this.metrics.forEach((metric, i) => {
        const cell = row.cells[i + 1];
        const value = this.value(name, metric);
        const isOutput = Boolean(this.view.image.outputs[name]);
        cell.textContent = isOutput ? (value === undefined && crop ? "…" : numberText(value, DIGITS[metric])) : "";
        cell.classList.toggle("best", isOutput && value !== null && value !== undefined && value === best[i]);
      });
    }
  }

  best(metric) {
    const values = Object.keys(this.view.image.outputs).map((name) => this.value(name, metric));
    const numbers = values.filter((value) => typeof value === "number");
    if (numbers.length < 2) return undefined;
    return metric === "lpips" ? Math.min(...numbers) : Math.max(...numbers);
  }

  /* Measure the rectangle for all models, those on the screen first; a newer rectangle takes over. */
  async measure() {
    this.again = true;
    this.measured = new Map();
    this.draw();
    if (this.busy) return;
    this.busy = true;
    while (this.again) {
      this.again = false;
      await this.measureOnce();
    }
    this.busy = false;
  }

  async measureOnce() {
    const { crop, image, models } = this.view;
    if (!crop) return;
    const all = Object.keys(image.outputs);
    const order = [...all.filter((name) => models.includes(name)), ...all.filter((name) => !models.includes(name))];
    for (const name of order) {
      let value;
      try {
        value = await measuredRectangle(image, name, crop);
      } catch (error) {
        value = { psnr: null, ssim: null };
        report(error.message);
      }
      if (this.again) return;
      this.measured.set(name, value);
      this.draw();
      this.drawn?.();
    }
  }
}

/* The key that chooses a model: its place among all models of the report, the same for every image. */
function keyOf(name) {
  if (name === "lr") return "L";
  const place = name === "hr" ? 0 : srbenchIndex.models.indexOf(name) + 1;
  return place < 10 ? String(place) : "";
}

const shownName = (name) => (name === "hr" ? "HR" : name === "lr" ? "LR" : name);

function report(text) {
  document.getElementById("status").textContent = text;
}
