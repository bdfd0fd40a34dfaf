// SPDX-License-Identifier: Apache-2.0
// The WebSocket: opened again whenever it closes.

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;
const SILENCE_MS = 8000;

/**
 * Connects to the server. `on` has `open()`, `closed(reason)`, `state(object)` and
 * `picture(ArrayBuffer)`.
 */
export class Connection {
  #on;
  #socket = null;
  #wait = FIRST_WAIT_MS;
  #heard = 0;

  constructor(on) {
    this.#on = on;
    this.#open();
    // The state comes every second; without it the other side is gone, whatever TCP believes.
    setInterval(() => this.#look(), 1000);
    addEventListener("online", () => this.#socket?.close());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heard = performance.now();
    socket.onopen = () => {
      this.#wait = FIRST_WAIT_MS;
      this.#on.open();
    };
    socket.onmessage = ({ data }) => {
      this.#heard = performance.now();
      if (typeof data === "string") {
        this.#on.state(JSON.parse(data));
      } else {
        this.#on.picture(data);
      }
    };
    socket.onclose = ({ reason }) => {
      if (socket !== this.#socket) {
        return;
      }
      this.#socket = null;
      this.#on.closed(reason);
      setTimeout(() => this.#open(), this.#wait);
      this.#wait = Math.min(this.#wait * 1.6, LONGEST_WAIT_MS);
    };
  }

  #look() {
    if (this.isOpen && performance.now() - this.#heard > SILENCE_MS) {
      const socket = this.#socket;
      socket.onclose({ reason: "the server is silent" });
      socket.close();
    }
  }
}
