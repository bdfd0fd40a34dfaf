// SPDX-License-Identifier: Apache-2.0
// Figures of the camera that is looked at, and what the recorder does.

const NONE = "–";

/** Fills a definition list; rows are kept, so that a screen reader is not sent back. */
export class Numbers {
  #list;
  #values = new Map();

  constructor(list) {
    this.#list = list;
  }

  /** Shows a camera's state, the node's network and how many pictures a second are drawn here. */
  show(camera, network, here, viewers) {
    const ms = (value) => (value === null ? NONE : `${value.toFixed(1)} ms`);
    const hz = (value) => (value === null ? NONE : `${value.toFixed(1)} Hz`);
    this.#set("Masks", hz(camera.rate_hz));
    this.#set("Latency p50", ms(camera.latency_p50_ms));
    this.#set("Latency p99", ms(camera.latency_p99_ms));
    this.#set("Dropped", dropped(camera));
    this.#set("Refused", camera.refused ?? NONE, camera.last_refusal);
    this.#set("Engine", engine(network), network?.engine_detail || network?.engine_reason);
    this.#set("Model", network?.model || NONE, network?.label_set);
    this.#set("Shown here", `${here.toFixed(1)} Hz`, `${viewers} looking`);
  }

  #set(name, value, title = "") {
    let cell = this.#values.get(name);
    if (!cell) {
      const term = document.createElement("dt");
      term.textContent = name;
      cell = document.createElement("dd");
      cell.dataset.name = name;
      this.#list.append(term, cell);
      this.#values.set(name, cell);
    }
    cell.textContent = value;
    cell.title = title ?? "";
  }
}

function dropped({ dropped: count, dropped_percent: percent }) {
  return count === null ? NONE : `${count} (${(percent ?? 0).toFixed(1)} % lately)`;
}

function engine(network) {
  return network?.engine
    ? [network.engine, network.precision, network.device].filter(Boolean).join(", ")
    : NONE;
}

/** Shows a recorder's state in a pill, or hides it. */
export function showRecorder(pill, recorder) {
  pill.hidden = !recorder;
  if (!recorder) {
    return;
  }
  pill.textContent = `● ${recorder.message}`;
  pill.classList.toggle("bad", !recorder.is_well);
  pill.title = Object.entries(recorder.values)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
