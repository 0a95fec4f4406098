"use strict";
/* Mouse, pen and fingers on the panels: move, zoom, rectangles, and the border between two pictures. */

const GRIP_PX = 14;

class Pointer {
  constructor(stage, view, changed) {
    Object.assign(this, { stage, view, changed, fingers: new Map(), drag: null });
    const { root } = stage;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => this.up(event));
    root.addEventListener("pointerleave", () => this.hover(null));
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    root.addEventListener("contextmenu", (event) => event.target.closest("canvas") && event.preventDefault());
  }

  panelOf(event) {
    return this.stage.panels.find((panel) => panel.canvas === event.target);
  }

  hover(point) {
    const { image } = this.view;
    const inside = point && point[0] >= 0 && point[1] >= 0 && point[0] < image.width && point[1] < image.height;
    this.view.hover = inside ? point.map(Math.floor) : null;
    this.stage.draw();
  }

  down(event) {
    const panel = this.panelOf(event);
    if (!panel) return;
    event.preventDefault();
    panel.canvas.focus({ preventScroll: true });
    panel.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    const measuring = (this.view.tool === "rectangle" && event.button === 0) || event.ctrlKey;
    const kind = this.onBorder(panel, event) ? "wipe" : measuring ? "rectangle" : "move";
    this.drag = { kind, panel, start: panel.at(event), last: [event.clientX, event.clientY] };
  }

  onBorder(panel, event) {
    if (this.view.layout !== "wipe") return false;
    const box = panel.canvas.getBoundingClientRect();
    return Math.abs(event.clientX - box.left - (this.view.wipe / 100) * box.width) < GRIP_PX;
  }

  move(event) {
    const panel = this.panelOf(event);
    if (panel) this.hover(panel.at(event));
    if (!this.fingers.has(event.pointerId) || !this.drag) return;
    if (this.fingers.size === 2) this.pinch(event);
    else if (this.drag.kind === "wipe") this.wipe(event);
    else if (this.drag.kind === "rectangle") this.rectangle(event);
    else {
      const [x, y] = this.drag.last;
      this.stage.moveBy((event.clientX - x) * devicePixelRatio, (event.clientY - y) * devicePixelRatio);
    }
    this.drag.last = [event.clientX, event.clientY];
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  pinch(event) {
    const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const before = apart([...this.fingers.values()]);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    this.drag.kind = "pinch";
    this.stage.zoomTo((this.stage.zoom * apart([...this.fingers.values()])) / (before || 1), this.drag.panel.at(event));
  }

  wipe(event) {
    const box = this.drag.panel.canvas.getBoundingClientRect();
    this.view.wipe = Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100));
    this.changed("wipe");
  }

  /* Every pixel that the pointer touched is in the rectangle. */
  rectangle(event) {
    const [start, end] = [this.drag.start, this.drag.panel.at(event)];
    const low = start.map((at, i) => Math.floor(Math.min(at, end[i])));
    const high = start.map((at, i) => Math.floor(Math.max(at, end[i])) + 1);
    const { image } = this.view;
    const crop = { x: low[0], y: low[1], width: high[0] - low[0], height: high[1] - low[1] };
    this.view.crop = insideImage(crop, image.width, image.height);
    this.changed("crop");
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.drag && !this.fingers.size) {
      this.drag = null;
      this.changed("view");
    }
  }

  wheel(event) {
    const panel = this.panelOf(event);
    if (!panel) return;
    event.preventDefault();
    const steps = event.deltaMode === 1 ? event.deltaY / 3 : event.deltaY / 100;
    this.stage.zoomTo(this.stage.zoom * 2 ** (-steps / 3), panel.at(event));
    this.changed("view");
  }
}
