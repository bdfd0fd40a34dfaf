// SPDX-License-Identifier: Apache-2.0
// What the user has chosen; kept by the browser where it may.

const KEY = "unet_perception";
const DEFAULTS = { view: "overlay", opacity: 0.5, divider: 0.5, camera: "", theme: "" };

export function loadSettings() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { ...DEFAULTS };
  }
}

export function saveSettings(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: they last as long as the page.
  }
}
