// SPDX-License-Identifier: Apache-2.0
// Colours of the classes, and which of them are shown.

const UNLABELED = 255;
const GREY = [96, 96, 96];

/** Classes of a label set, some highlighted, some hidden. */
export class Palette {
  classes = [];
  highlighted = new Set();
  hidden = new Set();
  #names = new Map();
  #colors = new Map();
  #key = "";

  /** Takes a label set as the server tells it; returns whether it is another one. */
  setLabelSet(labelSet) {
    const key = JSON.stringify(labelSet);
    if (key === this.#key) {
      return false;
    }
    this.#key = key;
    this.classes = labelSet.classes;
    this.#names = new Map(this.classes.map((c) => [c.id, c.name]));
    this.#colors = new Map(this.classes.map((c) => [c.id, c.color]));
    const known = (id) => this.#names.has(id);
    this.highlighted = new Set([...this.highlighted].filter(known));
    this.hidden = new Set([...this.hidden].filter(known));
    return true;
  }

  name(id) {
    return this.#names.get(id) ?? (id === UNLABELED ? "unlabeled" : "no class");
  }

  color(id) {
    return this.#colors.get(id) ?? [0, 0, 0];
  }

  css(id) {
    return `rgb(${this.color(id).join(" ")})`;
  }

  /** Whether a class keeps its colour. */
  isShown(id) {
    return !this.hidden.has(id) && (!this.highlighted.size || this.highlighted.has(id));
  }

  get isFiltered() {
    return this.highlighted.size + this.hidden.size > 0;
  }

  /** Ids that keep their colours, or null for all. */
  get shown() {
    return this.isFiltered ? this.classes.map((c) => c.id).filter((id) => this.isShown(id)) : null;
  }

  toggle(set, id) {
    if (!set.delete(id)) {
      set.add(id);
    }
  }

  showAll() {
    this.highlighted.clear();
    this.hidden.clear();
  }

  /** A table from id to pixel: classes that are not shown are clear, or grey. */
  table(clear) {
    const table = new Uint32Array(256);
    const bytes = new Uint8ClampedArray(table.buffer);
    for (let id = 0; id < 256; id += 1) {
      const shown = this.isShown(id);
      bytes.set(shown ? this.color(id) : GREY, id * 4);
      bytes[id * 4 + 3] = shown || !clear ? 255 : 0;
    }
    return table;
  }
}
