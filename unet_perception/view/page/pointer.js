// SPDX-License-Identifier: Apache-2.0
// Which class is under the pointer, or under the cursor that the arrow keys move.

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAST = 10;
const MIDDLE = 0.5;

/** Tells what is pointed at in one screen. */
export class Pointer {
  #screen;
  #canvas;
  #mark;
  #tell;
  #place = null;

  /** `tell` gets `{x, y, id}` or null; `drag` gets the divider's place from 0 to 1. */
  constructor(canvas, screen, mark, { tell, drag }) {
    this.#screen = screen;
    this.#canvas = canvas;
    this.#mark = mark;
    this.#tell = tell;
    canvas.addEventListener("pointermove", (event) => {
      const place = this.#placeOf(event);
      if (event.buttons & 1 && drag(place[0])) {
        this.#leave();
      } else {
        this.#point(place, false);
      }
    });
    canvas.addEventListener("pointerdown", (event) => {
      const place = this.#placeOf(event);
      if (drag(place[0])) {
        canvas.setPointerCapture(event.pointerId);
      } else {
        this.#point(place, false);
      }
    });
    canvas.addEventListener("pointerleave", () => this.#leave());
    canvas.addEventListener("blur", () => this.#leave());
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Looks again: another frame is shown. */
  refresh() {
    if (this.#place) {
      this.#look();
    }
  }

  #placeOf({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  }

  #key(event) {
    const step = STEP[event.key];
    if (event.key === "Escape") {
      this.#leave();
    }
    if (!step || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const fast = event.shiftKey ? FAST : 1;
    const [u, v] = this.#place ?? [0.5, 0.5];
    const { width, height } = this.#canvas;
    const inside = (value, n) => Math.min(Math.max(Math.floor(value), 0), n - 1);
    const x = inside(u * width + step[0] * fast, width);
    const y = inside(v * height + step[1] * fast, height);
    this.#point([(x + MIDDLE) / width, (y + MIDDLE) / height], true);
  }

  #point(place, marked) {
    this.#place = place;
    this.#mark.hidden = !marked;
    this.#mark.style.left = `${place[0] * 100}%`;
    this.#mark.style.top = `${place[1] * 100}%`;
    this.#look();
  }

  #leave() {
    this.#place = null;
    this.#mark.hidden = true;
    this.#tell(null);
  }

  #look() {
    const pixel = this.#screen.pixelAt(...this.#place);
    if (!pixel) {
      this.#tell(null);
      return;
    }
    const [x, y] = pixel;
    this.#tell({ x, y, id: this.#screen.idAt(x, y) });
  }
}
