// SPDX-License-Identifier: Apache-2.0
// Puts the page together.

import { Banner } from "./banner.js";
import { Cameras } from "./cameras.js";
import { Connection } from "./connection.js";
import { readFrame, readHead } from "./frame.js";
import { Legend } from "./legend.js";
import { Numbers, showRecorder } from "./numbers.js";
import { Palette } from "./palette.js";
import { plotLatency, plotShares } from "./plots.js";
import { VIEWS } from "./screen.js";
import { loadSettings, saveSettings } from "./settings.js";
import { save } from "./snapshots.js";

const PLOT_MS = 500;
const RATE_S = 3;
const OPACITY_STEP = 0.1;

const at = (id) => document.getElementById(id);
const now = () => performance.now() / 1000;

const settings = loadSettings();
const palette = new Palette();
const banner = new Banner(at("banner"));
const numbers = new Numbers(at("numbers"));
const legend = new Legend(at("legend"), at("legend-all"), palette, () => cameras.draw());
const cameras = new Cameras(at("stage"), at("cameras"), settings, palette, {
  chosen: look,
  pointed: showPointed,
  dragged: setDivider,
});

let state = null;
let reason = "";
let paused = false;
let queue = Promise.resolve();
let openedAt = now();

const connection = new Connection({
  open() {
    reason = "";
    openedAt = now();
    at("link").textContent = "live";
    at("link").classList.remove("bad");
    look();
    sendPause();
  },
  closed(why) {
    reason = why;
    at("link").textContent = "not connected";
    at("link").classList.add("bad");
    look();
  },
  state(told) {
    state = told;
    showState();
  },
  picture(buffer) {
    // One after the other: an older picture must not come after a newer one.
    queue = queue.then(() => showPicture(buffer));
  },
});

function look() {
  saveSettings(settings);
  if (cameras.looking.length) {
    connection.send({ look: cameras.looking });
  }
  showNumbers();
}

function showState() {
  at("node").textContent = state.node;
  if (state.label_set && palette.setLabelSet(state.label_set)) {
    legend.build();
  }
  if (cameras.setNames(state.cameras.map((camera) => camera.name))) {
    look();
  }
  showRecorder(at("recorder"), state.recorder);
  showNumbers();
}

async function showPicture(buffer) {
  const [head, begin] = readHead(buffer);
  let frame;
  try {
    frame = await readFrame(buffer, head, begin);
  } catch (error) {
    tell(`A picture cannot be read: ${error.message}.`);
    connection.send({ shown: [head.camera, head.number] });
    return;
  }
  const view = cameras.views.get(head.camera);
  if (!view) {
    frame.bitmap.close();
    return;
  }
  const time = now();
  view.seenAt = time;
  view.times = [...view.times.filter((past) => past > time - RATE_S), time];
  head.latencies.forEach((value) => view.latency.add(time, value));
  if (frame.ids) {
    view.maskAt = time;
    const total = frame.ids.length;
    const shares = new Map(head.shares.map(([id, count]) => [id, count / total]));
    view.shares.add(time, shares);
    // The legend is of the picture that is shown, as the picture below.
    if (head.camera === cameras.focus && !paused) {
      legend.setShares(shares);
    }
  }
  // A picture that was on its way when the user paused would replace what is looked at.
  if (!paused) {
    view.screen.show(frame);
    view.pointer.refresh();
    connection.send({ shown: [head.camera, head.number] });
    if (!at("banner").hidden) {
      showNumbers();
    }
  } else {
    frame.bitmap.close();
  }
}

function showNumbers() {
  const camera = state?.cameras.find(({ name }) => name === cameras.focus) ?? null;
  const view = cameras.views.get(cameras.focus);
  if (camera && view) {
    const here = view.times.filter((past) => past > now() - RATE_S).length / RATE_S;
    numbers.show(camera, state.network, here, state.viewers);
  }
  const since = (time) => now() - Math.max(time, openedAt);
  banner.update({
    isOpen: connection?.isOpen ?? false,
    reason,
    state,
    camera,
    paused,
    silentS: view ? since(view.seenAt) : 0,
    masklessS: view ? since(view.maskAt) : 0,
  });
}

function tell(text) {
  at("pointed").textContent = text;
}

function showPointed(what) {
  if (!what) {
    tell("");
    return;
  }
  const { x, y, id } = what;
  tell(id === null ? `${x}, ${y}: no mask` : `${palette.name(id)} (${id}) at ${x}, ${y}`);
  at("pointed").dataset.id = id ?? "";
  at("pointed").style.setProperty("--swatch", id === null ? "transparent" : palette.css(id));
}

function setView(view) {
  settings.view = view;
  for (const button of at("views").children) {
    const chosen = button.dataset.view === view;
    button.setAttribute("aria-checked", chosen);
    button.tabIndex = chosen ? 0 : -1;
  }
  at("divider-label").hidden = view !== "slider";
  at("stage").dataset.view = view;
  cameras.draw();
  saveSettings(settings);
}

function setOpacity(value) {
  settings.opacity = Math.min(Math.max(value, 0), 1);
  at("opacity").value = Math.round(settings.opacity * 100);
  at("opacity-value").textContent = `${at("opacity").value} %`;
  cameras.draw();
  saveSettings(settings);
}

function setDivider(value) {
  settings.divider = Math.min(Math.max(value, 0), 1);
  at("divider").value = settings.divider * 100;
  cameras.draw();
  return true;
}

function setPaused(value) {
  paused = value;
  at("pause").setAttribute("aria-pressed", paused);
  at("pause").textContent = paused ? "Go on" : "Pause";
  openedAt = now();
  sendPause();
  showNumbers();
}

function sendPause() {
  // Nobody looks at a page that is behind another one.
  connection.send({ pause: paused || document.hidden });
}

async function saveSnapshot(kind) {
  const frame = cameras.views.get(cameras.focus)?.screen.frame;
  const look = { opacity: settings.opacity, shown: palette.shown };
  const failure = frame ? await save(kind, frame.head, look) : "Nothing to save yet.";
  if (failure) {
    tell(failure);
  }
}

function setTheme(theme) {
  settings.theme = theme;
  document.documentElement.dataset.theme = theme;
  saveSettings(settings);
}

function build() {
  const views = Object.entries(VIEWS);
  at("views").replaceChildren(
    ...views.map(([view, name]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.dataset.view = view;
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => setView(view));
      return button;
    }),
  );
  at("views").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const index = views.findIndex(([view]) => view === settings.view);
      setView(views[(index + step + views.length) % views.length][0]);
      at("views").querySelector("[aria-checked=true]").focus();
    }
  });
  at("opacity").addEventListener("input", () => setOpacity(at("opacity").value / 100));
  at("divider").addEventListener("input", () => setDivider(at("divider").value / 100));
  at("divider").addEventListener("change", () => saveSettings(settings));
  at("pause").addEventListener("click", () => setPaused(!paused));
  for (const button of at("snapshots").querySelectorAll("button")) {
    button.addEventListener("click", () => saveSnapshot(button.dataset.kind));
  }
  at("theme").addEventListener("click", () => {
    const dark =
      settings.theme === "" ? matchMedia("(prefers-color-scheme: dark)").matches : settings.theme === "dark";
    setTheme(dark ? "light" : "dark");
  });
  addEventListener("keydown", onKey);
  addEventListener("visibilitychange", sendPause);
  addEventListener("resize", () => cameras.draw());
  setTheme(settings.theme);
  setView(settings.view in VIEWS ? settings.view : "overlay");
  setOpacity(settings.opacity);
  setDivider(settings.divider);
  setInterval(() => {
    const view = cameras.views.get(cameras.focus);
    showNumbers();
    if (view && !document.hidden) {
      plotLatency(at("latency-plot"), view.latency.points, now());
      plotShares(at("shares-plot"), view.shares.points, now(), palette);
    }
  }, PLOT_MS);
}

function onKey(event) {
  const onControl = event.target.closest("button, input, a");
  if (event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  const view = Object.keys(VIEWS)[Number(event.key) - 1];
  if (view) {
    setView(view);
  } else if (event.key === " " && !onControl) {
    event.preventDefault();
    setPaused(!paused);
  } else if (event.key === "[" || event.key === "]") {
    setOpacity(settings.opacity + (event.key === "]" ? OPACITY_STEP : -OPACITY_STEP));
  }
}

build();
