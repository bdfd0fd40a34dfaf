// SPDX-License-Identifier: Apache-2.0
// The last minute of one camera, for the plots.

export const SPAN_S = 60;
const MOST = 4000;

/** Points `{at, value}`; `at` in seconds of the page's own clock. */
export class History {
  points = [];

  add(at, value) {
    this.points.push({ at, value });
    const first = this.points.findIndex((point) => point.at > at - SPAN_S);
    const over = Math.max(first, this.points.length - MOST);
    if (over > 0) {
      this.points.splice(0, over);
    }
  }
}
