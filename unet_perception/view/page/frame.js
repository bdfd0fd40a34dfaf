// SPDX-License-Identifier: Apache-2.0
// A binary message as a picture and a mask; the format is told in view/message.py.

/** Returns the head of a message, and where what follows it begins. */
export function readHead(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return [head, 4 + length];
}

/**
 * Returns `{head, bitmap, ids}`: the head, the picture as an ImageBitmap, and the class ids as a
 * Uint8Array of `head.width * head.height`, or null where there is no mask.
 */
export async function readFrame(buffer, head, begin) {
  const picture = new Blob([new Uint8Array(buffer, begin, head.picture)], { type: head.kind });
  const packed = new Uint8Array(buffer, begin + head.picture, head.mask);
  const [bitmap, ids] = await Promise.all([
    createImageBitmap(picture),
    head.mask ? inflate(packed) : null,
  ]);
  if (ids && ids.length !== head.width * head.height) {
    throw new Error(`the mask has ${ids.length} ids`);
  }
  return { head, bitmap, ids };
}

async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
