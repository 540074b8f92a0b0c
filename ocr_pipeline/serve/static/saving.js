// SPDX-License-Identifier: Apache-2.0
// The menu of downloads.

import { convert } from "./api.js";
import { byId, make, offer } from "./dom.js";
import { writingQuery } from "./options.js";

const NAMES = {
  txt: ["Text", ".txt"],
  pdf: ["PDF that can be searched", ".pdf"],
  json: ["JSON, with positions", ".json"],
  hocr: ["hOCR", ".hocr"],
  alto: ["ALTO", ".alto.xml"],
  page: ["PAGE", ".page.xml"],
  md: ["Markdown", ".md"],
  csv: ["Table of lines", ".csv"],
};

/** The button "Download" and its menu. Calls onSave(format) with what is chosen. */
export class SaveMenu {
  constructor(onSave) {
    this.button = byId("save");
    this.menu = byId("save-menu");
    this.menu.append(
      ...Object.entries(NAMES).map(([format, [name, suffix]]) => {
        const item = make(
          "button",
          { role: "menuitem", tabIndex: -1 },
          make("span", {}, name),
          make("small.soft", {}, suffix),
        );
        item.dataset.format = format;
        item.addEventListener("click", () => {
          this.close(true);
          onSave(format);
        });
        return item;
      }),
    );
    this.button.addEventListener("click", () => {
      if (this.menu.hidden) this.open();
      else this.close(true);
    });
    this.button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.open();
    });
    this.menu.addEventListener("keydown", (event) => this._key(event));
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".menu")) this.close(false);
    });
    this.menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !event.relatedTarget.closest(".menu")) this.close(false);
    });
  }

  open() {
    this.menu.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.menu.querySelector("button").focus();
  }

  close(focus) {
    if (this.menu.hidden) return;
    this.menu.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focus) this.button.focus();
  }

  _key(event) {
    const items = [...this.menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Has a document written, corrections and all, and hands it to the person. */
export async function save(tree, file, format) {
  const needs = format === "pdf" ? file : null;
  const { blob, name } = await convert(tree, needs, writingQuery(format));
  const stem = tree.source.replace(/.*[\\/]/u, "").replace(/\.[^.]+$/u, "") || "text";
  const given = name || `${stem}${NAMES[format][1]}`;
  offer(blob, given);
  return given;
}
