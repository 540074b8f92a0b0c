// SPDX-License-Identifier: Apache-2.0
// Shortcuts. Those of a single key can be switched off: speech input may type them by chance.

import { byId } from "./dom.js";

const KEY = "ocr-single-keys";

/** Runs actions by key; "Ctrl+z" also means the Mac's command key. */
export function listenKeys(actions) {
  const box = byId("single-keys");
  try {
    box.checked = localStorage.getItem(KEY) !== "off";
  } catch {
    // Storage is forbidden: they are on.
  }
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, box.checked ? "on" : "off");
    } catch {
      // Then it lasts as long as the page.
    }
  });
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea")) return;
    const combined = event.ctrlKey || event.metaKey;
    if (!combined && !box.checked) return;
    const action = actions[combined ? `Ctrl+${event.key}` : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
