// SPDX-License-Identifier: Apache-2.0
// The screens: one camera, or all beside each other.

import { History } from "./history.js";
import { Pointer } from "./pointer.js";
import { Screen } from "./screen.js";

export const ALL = "*";

/** Keeps a screen for each camera that is looked at, and the buttons to choose between them. */
export class Cameras {
  names = [];
  looking = [];
  views = new Map();
  #stage;
  #tabs;
  #settings;
  #palette;
  #on;

  /** `on` has `chosen()`, `pointed(what)` and `dragged(place)`. */
  constructor(stage, tabs, settings, palette, on) {
    this.#stage = stage;
    this.#tabs = tabs;
    this.#settings = settings;
    this.#palette = palette;
    this.#on = on;
  }

  /** The camera whose figures are shown. */
  get focus() {
    return this.looking[0] ?? "";
  }

  /** Takes the names of the cameras; returns whether what is looked at has changed. */
  setNames(names) {
    if (names.length === 0 || names.join("\n") === this.names.join("\n")) {
      return false;
    }
    this.names = names;
    return this.choose(this.#settings.camera);
  }

  choose(camera) {
    this.#settings.camera = camera;
    const all = camera === ALL && this.names.length > 1;
    const one = this.names.includes(camera) ? camera : this.names[0];
    const before = this.looking.join("\n");
    this.looking = all ? [...this.names] : [one];
    this.#buildTabs(all ? ALL : one);
    if (before === this.looking.join("\n")) {
      return false;
    }
    this.views = new Map(this.looking.map((name) => [name, this.#makeView(name)]));
    this.#stage.replaceChildren(...[...this.views.values()].map((view) => view.figure));
    this.#stage.classList.toggle("many", this.looking.length > 1);
    return true;
  }

  draw() {
    for (const { screen } of this.views.values()) {
      screen.draw();
    }
  }

  #buildTabs(chosen) {
    const names = this.names.length > 1 ? [...this.names, ALL] : [];
    this.#tabs.replaceChildren(
      ...names.map((name) => {
        const tab = document.createElement("button");
        tab.type = "button";
        tab.textContent = name === ALL ? "all" : name;
        tab.dataset.camera = name;
        tab.setAttribute("aria-pressed", name === chosen);
        tab.addEventListener("click", () => {
          this.choose(name);
          this.#tabs.querySelector("[aria-pressed=true]")?.focus();
          this.#on.chosen();
        });
        return tab;
      }),
    );
  }

  #makeView(name) {
    const figure = document.createElement("figure");
    const canvas = document.createElement("canvas");
    canvas.width = 800;
    canvas.height = 600;
    canvas.tabIndex = 0;
    canvas.dataset.camera = name;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Live picture of ${name}; arrow keys tell the class of a pixel`);
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.hidden = true;
    const caption = document.createElement("figcaption");
    caption.textContent = name;
    const box = document.createElement("div");
    box.className = "box";
    box.append(canvas, mark);
    figure.append(box, caption);
    const screen = new Screen(canvas, this.#settings, this.#palette);
    const pointer = new Pointer(canvas, screen, mark, {
      tell: (what) => this.#on.pointed(what),
      drag: (place) => this.#settings.view === "slider" && this.#on.dragged(place),
    });
    return {
      figure, screen, pointer, latency: new History(), shares: new History(),
      seenAt: -Infinity, maskAt: -Infinity, times: [],
    };
  }
}
