"use strict";
/* All panels: which there are, their common part of the image, and drawing. */

const LARGEST_ZOOM = 128;
const SMALLEST_ZOOM = 0.05;

class Stage {
  constructor(root, view, captionOf) {
    Object.assign(this, { root, view, captionOf, panels: [], asked: false });
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /* Names in each panel: one a model, the chosen one alone, or two with a border between them. */
  get wanted() {
    const { layout, models, chosen, left } = this.view;
    if (layout === "one") return [[chosen]];
    return layout === "wipe" ? [[left, chosen]] : models.map((name) => [name]);
  }

  /* Resolves when everything is drawn. */
  async refresh() {
    const { wanted } = this;
    while (this.panels.length > wanted.length) this.panels.pop().element.remove();
    while (this.panels.length < wanted.length) {
      const panel = new Panel(this.view);
      this.panels.push(panel);
      this.root.append(panel.element);
    }
    this.arrange();
    this.draw();
    await Promise.all(
      this.panels.map(async (panel, i) => {
        await panel.show(wanted[i]);
        this.draw();
      }),
    );
    this.drawNow();
  }

  /* The number of columns in which the panels show the image largest. */
  arrange() {
    const box = this.root.getBoundingClientRect();
    const { image } = this.view;
    const largest = (columns) => {
      const rows = Math.ceil(this.panels.length / columns);
      return Math.min(box.width / columns / image.width, (box.height / rows - 30) / image.height);
    };
    const counts = this.panels.map((_, i) => i + 1);
    const best = counts.reduce((one, other) => (largest(other) > largest(one) * 1.02 ? other : one), 1);
    this.root.style.setProperty("--columns", best);
    this.root.style.setProperty("--rows", Math.ceil(this.panels.length / best) || 1);
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    this.asked = false;
    this.arrange();
    for (const panel of this.panels) {
      panel.draw();
      const text = this.captionOf(panel.visible);
      if (panel.caption.textContent !== text) panel.caption.textContent = text;
      if (panel.said !== text) panel.canvas.setAttribute("aria-label", (panel.said = text));
    }
    this.drawn?.();
  }

  get zoom() {
    return this.panels[0]?.zoom ?? 1;
  }

  /* Change the zoom; a point of the image stays where it is. */
  zoomTo(zoom, point) {
    const { view } = this;
    const before = this.zoom;
    const centre = view.zoom ? view.centre : [view.image.width / 2, view.image.height / 2];
    const after = Math.min(LARGEST_ZOOM, Math.max(SMALLEST_ZOOM, zoom));
    const fixed = point ?? centre;
    view.zoom = after;
    view.centre = centre.map((at, i) => fixed[i] + ((at - fixed[i]) * before) / after);
    this.draw();
  }

  /* Move the image by so many screen pixels. */
  moveBy(right, down) {
    const { view, zoom } = this;
    const centre = view.zoom ? view.centre : [view.image.width / 2, view.image.height / 2];
    view.zoom = zoom;
    const limits = [view.image.width, view.image.height];
    view.centre = centre.map((at, i) => Math.min(limits[i], Math.max(0, at - [right, down][i] / zoom)));
    this.draw();
  }

  /* Show a rectangle in most of a panel, by whole screen pixels, and as little as possible beside the image. */
  zoomToCrop(crop) {
    this.drawNow();
    const { canvas } = this.panels[0];
    const zoom = Math.floor(Math.min(canvas.width / crop.width, canvas.height / crop.height) * 0.75);
    this.view.zoom = Math.min(LARGEST_ZOOM, Math.max(1, zoom));
    const { image } = this.view;
    const inside = (middle, length, room) =>
      length < room ? length / 2 : Math.min(length - room / 2, Math.max(room / 2, middle));
    this.view.centre = [
      inside(crop.x + crop.width / 2, image.width, canvas.width / this.view.zoom),
      inside(crop.y + crop.height / 2, image.height, canvas.height / this.view.zoom),
    ];
    this.draw();
  }
}
