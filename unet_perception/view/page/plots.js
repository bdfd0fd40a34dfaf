// SPDX-License-Identifier: Apache-2.0
// Two small plots of the last minute: latency as dots, class shares as layers.

import { SPAN_S } from "./history.js";

const LEFT = 40;
const BOTTOM = 4;
const TOP = 6;
const FONT = "11px system-ui, sans-serif";
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const GAP_S = 2;

/** Draws latencies in ms. */
export function plotLatency(canvas, points, now) {
  const plot = begin(canvas);
  if (!plot) {
    return;
  }
  const { context, width, height, color } = plot;
  const values = points.map((point) => point.value).sort((a, b) => a - b);
  const quantile = (q) => values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? 0;
  // One that is far beyond the others is drawn at the edge, or it would flatten them.
  const most = quantile(0.95) * 1.5 || 1;
  const top = STEPS.find((step) => step >= most) ?? most;
  const y = (value) => height - BOTTOM - (Math.min(value, top) / top) * (height - BOTTOM - TOP);
  grid(plot, [0, top / 2, top], y);
  context.fillStyle = color("--accent");
  for (const { at, value } of points) {
    context.fillRect(place(at, now, width), y(value) - 1, 2, 2);
  }
  if (values.length) {
    line(plot, y(quantile(0.5)), color("--text"), "p50");
    line(plot, y(quantile(0.99)), color("--bad"), "p99");
  }
  canvas.setAttribute(
    "aria-label",
    values.length
      ? `Latency over the last minute: median ${quantile(0.5).toFixed(1)} ms, ` +
          `99th percentile ${quantile(0.99).toFixed(1)} ms, most ${quantile(1).toFixed(1)} ms`
      : "Latency over the last minute: nothing yet",
  );
}

/** Draws the shares of classes, as layers; values are Maps from id to share. */
export function plotShares(canvas, points, now, palette) {
  const plot = begin(canvas);
  if (!plot) {
    return;
  }
  const { context, width, height } = plot;
  const y = (value) => height - BOTTOM - value * (height - BOTTOM - TOP);
  points.forEach(({ at, value }, index) => {
    const next = points[index + 1]?.at ?? now;
    const from = place(at, now, width);
    const to = place(Math.min(next, at + GAP_S), now, width);
    let below = 0;
    for (const { id } of palette.classes) {
      const share = value.get(id) ?? 0;
      if (share > 0) {
        context.fillStyle = palette.css(id);
        context.fillRect(from, y(below + share), Math.max(1, to - from + 0.5), y(below) - y(below + share));
        below += share;
      }
    }
  });
  grid(plot, [0, 0.5, 1], y, (value) => `${value * 100}%`);
  const last = points.at(-1)?.value ?? new Map();
  const words = [...last]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([id, share]) => `${palette.name(id)} ${(share * 100).toFixed(0)} %`);
  canvas.setAttribute("aria-label", `Class shares, last minute; now ${words.join(", ") || "none"}`);
}

function begin(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) {
    return null;
  }
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = FONT;
  const style = getComputedStyle(canvas);
  return { context, width, height, color: (name) => style.getPropertyValue(name) };
}

function place(at, now, width) {
  return LEFT + (1 - (now - at) / SPAN_S) * (width - LEFT);
}

function grid({ context, width, color }, values, y, text = String) {
  context.strokeStyle = color("--line");
  context.fillStyle = color("--quiet");
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of values) {
    context.fillText(text(value), LEFT - 5, Math.max(y(value), TOP));
    context.beginPath();
    context.moveTo(LEFT, Math.round(y(value)) + 0.5);
    context.lineTo(width, Math.round(y(value)) + 0.5);
    context.stroke();
  }
}

function line({ context, width }, y, style, name) {
  context.fillStyle = style;
  context.textAlign = "left";
  context.textBaseline = y < 2 * TOP ? "top" : "bottom";
  context.fillText(name, LEFT + 3, y);
  context.strokeStyle = style;
  context.beginPath();
  context.moveTo(LEFT, y);
  context.lineTo(width, y);
  context.stroke();
}
