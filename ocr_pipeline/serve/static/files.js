// SPDX-License-Identifier: Apache-2.0
// The ways in which files come: chosen, dropped, pasted.

import { byId } from "./dom.js";

/** Calls add(files) whenever a person gives some. */
export function listenFiles(add) {
  byId("files").addEventListener("change", (event) => {
    add([...event.target.files]);
    event.target.value = ""; // so that the same file can be chosen again
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (files.length) add(files);
  });
  listenDrop(add);
}

function listenDrop(add) {
  let depth = 0; // a drag enters and leaves each element on its way
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const veil = (shown) => {
    byId("veil").hidden = !shown;
  };
  addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    depth += 1;
    veil(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) veil(false);
  });
  addEventListener("dragover", (event) => {
    if (carries(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    depth = 0;
    veil(false);
    if (!carries(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
