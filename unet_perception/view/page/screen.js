// SPDX-License-Identifier: Apache-2.0
// One camera's canvas: draws the last frame in the view that is chosen.

const NARROW_PX = 640;

/** Views by name, in the order of their keys. */
export const VIEWS = {
  camera: "Camera",
  overlay: "Overlay",
  mask: "Mask",
  side: "Side by side",
  slider: "Slider",
};

/** Draws frames; `settings` has `view`, `opacity` (0 to 1) and `divider` (0 to 1). */
export class Screen {
  frame = null;
  #canvas;
  #context;
  #settings;
  #palette;
  #colors = document.createElement("canvas");
  #pixels = null;

  constructor(canvas, settings, palette) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#settings = settings;
    this.#palette = palette;
  }

  show(frame) {
    this.frame?.bitmap.close();
    this.frame = frame;
    this.#canvas.dataset.number = frame.head.number;
    this.#canvas.dataset.stamp = frame.head.stamp;
    this.#canvas.dataset.masked = Boolean(frame.ids);
    this.draw();
  }

  /** Width and height of the picture in pixels: those of the mask where there is one. */
  get size() {
    const { head, bitmap, ids } = this.frame;
    return ids ? [head.width, head.height] : [bitmap.width, bitmap.height];
  }

  draw() {
    if (!this.frame) {
      return;
    }
    const [width, height] = this.size;
    const { view, opacity, divider } = this.#settings;
    const side = view === "side";
    const stacked = side && this.#isStacked(width, height);
    this.#resize(side && !stacked ? 2 * width : width, stacked ? 2 * height : height);
    if (view === "mask") {
      this.#drawMask(0, 0, width, height);
      return;
    }
    this.#drawPicture(width, height);
    if (side) {
      this.#drawMask(stacked ? 0 : width, stacked ? height : 0, width, height);
    } else if (view === "overlay") {
      this.#drawOver(opacity, 0, width, height);
    } else if (view === "slider") {
      const at = Math.round(divider * width);
      this.#drawOver(opacity, at, width, height);
      this.#drawDivider(at, width, height);
    }
  }

  /** The pixel `[x, y]` of the mask at a place of the canvas, both from 0 to 1; or null. */
  pixelAt(u, v) {
    if (!this.frame || u < 0 || v < 0 || u >= 1 || v >= 1) {
      return null;
    }
    const [width, height] = this.size;
    const x = Math.floor(u * this.#canvas.width) % width;
    const y = Math.floor(v * this.#canvas.height) % height;
    return [x, y];
  }

  /** The class id at a pixel, or null where there is no mask. */
  idAt(x, y) {
    return this.frame?.ids ? this.frame.ids[y * this.frame.head.width + x] : null;
  }

  #isStacked(width, height) {
    return this.#canvas.closest("figure").clientWidth < NARROW_PX && width > height;
  }

  #resize(width, height) {
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#canvas.parentElement.style.setProperty("--aspect", width / height);
    }
  }

  #drawPicture(width, height) {
    this.#context.drawImage(this.frame.bitmap, 0, 0, width, height);
  }

  #drawMask(left, top, width, height) {
    if (this.#paint(false)) {
      this.#context.drawImage(this.#colors, left, top);
    } else {
      this.#context.fillStyle = "#222";
      this.#context.fillRect(left, top, width, height);
    }
  }

  #drawOver(opacity, from, width, height) {
    if (width > from && this.#paint(true)) {
      this.#context.globalAlpha = opacity;
      const wide = width - from;
      this.#context.drawImage(this.#colors, from, 0, wide, height, from, 0, wide, height);
      this.#context.globalAlpha = 1;
    }
  }

  #drawDivider(at, width, height) {
    const thick = Math.max(2, Math.round(width / 400));
    this.#context.fillStyle = "#fff";
    this.#context.fillRect(at - thick / 2, 0, thick, height);
    this.#context.fillStyle = "#000";
    this.#context.fillRect(at - thick / 2 - 1, 0, 1, height);
    this.#context.fillRect(at + thick / 2, 0, 1, height);
  }

  /** Colours the ids; returns whether there are any. */
  #paint(clear) {
    const { head, ids } = this.frame;
    if (!ids) {
      return false;
    }
    const { width, height } = head;
    const context = this.#colors.getContext("2d");
    if (this.#colors.width !== width || this.#colors.height !== height || !this.#pixels) {
      this.#colors.width = width;
      this.#colors.height = height;
      this.#pixels = context.createImageData(width, height);
    }
    const table = this.#palette.table(clear);
    const out = new Uint32Array(this.#pixels.data.buffer);
    for (let i = 0; i < ids.length; i += 1) {
      out[i] = table[ids[i]];
    }
    context.putImageData(this.#pixels, 0, 0);
    return true;
  }
}
