// SPDX-License-Identifier: Apache-2.0
// Saves the frame that is shown, as the server has it.

/** Fetches a PNG of a frame and has the browser save it; returns what to tell if it cannot. */
export async function save(kind, head, { opacity, shown }) {
  const query = new URLSearchParams({ number: head.number });
  if (kind === "overlay") {
    query.set("opacity", opacity);
    if (shown) {
      query.set("classes", shown.join(","));
    }
  }
  const name = encodeURIComponent(head.camera);
  try {
    const answer = await fetch(`/snapshot/${name}/${kind}.png?${query}`);
    if (!answer.ok) {
      return `Not saved: ${(await answer.text()).trim()}.`;
    }
    const url = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = url;
    link.download = `${head.camera}-${head.stamp}-${kind}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    return "";
  } catch {
    return "Not saved: the server does not answer.";
  }
}
