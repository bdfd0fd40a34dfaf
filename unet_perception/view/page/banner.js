// SPDX-License-Identifier: Apache-2.0
// What to tell when the picture does not move.

const QUIET_S = 2;

/** Shows one sentence, or nothing. */
export class Banner {
  #box;

  constructor(box) {
    this.#box = box;
  }

  /**
   * Finds the sentence. `seen` has `isOpen`, `reason`, `state` (the server's, or null), `camera`
   * (its state, or null), `paused`, `silentS` and `masklessS`: seconds since the last picture, and
   * since the last one that had a mask.
   */
  update(seen) {
    const text = sentence(seen);
    this.#box.hidden = !text;
    if (this.#box.textContent !== text) {
      this.#box.textContent = text;
    }
  }
}

function sentence({ isOpen, reason, state, camera, paused, silentS, masklessS }) {
  if (!isOpen) {
    return `Not connected to the page's server${reason ? ` (${reason})` : ""}; trying again.`;
  }
  if (!state) {
    return "";
  }
  if (!state.is_there) {
    return `Waiting for ${state.node}: it does not tell its state. Is it running?`;
  }
  if (paused || !camera) {
    return "";
  }
  if (silentS > QUIET_S) {
    return `No pictures for ${whole(silentS)} s: ${camera.transport_problem || camera.message}.`;
  }
  if (masklessS > QUIET_S) {
    return `Pictures come, but no masks for ${whole(masklessS)} s: ${camera.message}.`;
  }
  return "";
}

function whole(seconds) {
  return Number.isFinite(seconds) ? Math.round(seconds) : "some";
}
