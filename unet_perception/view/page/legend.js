// SPDX-License-Identifier: Apache-2.0
// The classes: names, colours, what part of the picture they have; click to highlight or hide.

/** Lists the classes of a palette; `changed` is called when others are shown. */
export class Legend {
  #list;
  #all;
  #palette;
  #changed;
  #rows = new Map();

  constructor(list, all, palette, changed) {
    this.#list = list;
    this.#all = all;
    this.#palette = palette;
    this.#changed = changed;
    all.addEventListener("click", () => {
      palette.showAll();
      this.#update();
    });
  }

  /** Makes the rows anew, for another label set. */
  build() {
    this.#rows.clear();
    this.#list.replaceChildren(
      ...this.#palette.classes.map(({ id, name }) => {
        const row = this.#row(id, name);
        this.#rows.set(id, row);
        return row.item;
      }),
    );
    this.#update();
  }

  /** Shows the share of each class, from 0 to 1. */
  setShares(shares) {
    for (const [id, row] of this.#rows) {
      const share = shares.get(id) ?? 0;
      row.share.textContent = `${(share * 100).toFixed(1)} %`;
      row.bar.style.width = `${share * 100}%`;
      row.item.classList.toggle("absent", share === 0);
    }
  }

  #row(id, name) {
    const item = document.createElement("li");
    const show = button("class", `Highlight ${name}`);
    const swatch = element("span", "swatch");
    swatch.style.backgroundColor = this.#palette.css(id);
    const bar = element("span", "share-bar");
    bar.style.backgroundColor = this.#palette.css(id);
    const share = element("span", "share");
    show.append(swatch, element("span", "name", name), share, bar);
    show.dataset.id = id;
    show.addEventListener("click", () => this.#toggle(this.#palette.highlighted, id));
    const hide = button("hide plain", `Hide ${name}`);
    hide.append(element("span", "eye"));
    hide.dataset.id = id;
    hide.addEventListener("click", () => this.#toggle(this.#palette.hidden, id));
    item.append(show, hide);
    return { item, show, hide, share, bar };
  }

  #toggle(set, id) {
    this.#palette.toggle(set, id);
    this.#update();
  }

  #update() {
    for (const [id, row] of this.#rows) {
      row.show.setAttribute("aria-pressed", this.#palette.highlighted.has(id));
      row.hide.setAttribute("aria-pressed", this.#palette.hidden.has(id));
      row.item.classList.toggle("off", !this.#palette.isShown(id));
    }
    this.#all.hidden = !this.#palette.isFiltered;
    this.#changed();
  }
}

function element(kind, className, text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(className, label) {
  const made = element("button", className);
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  made.setAttribute("aria-pressed", "false");
  return made;
}
