// SPDX-License-Identifier: Apache-2.0
// Documents and their pages, small.

import { byId, icon, make } from "./dom.js";

const SIDE = 72;

/** Sends "open" with {doc, number}, "stop" and "remove" with {doc}. */
export class Strip extends EventTarget {
  constructor() {
    super();
    this.nav = byId("strip");
    this.sections = new Map();
  }

  /** Brings the strip up to date with the documents and what is shown. */
  show(docs, current) {
    for (const [id, parts] of this.sections) {
      if (docs.some((doc) => doc.id === id)) continue;
      parts.section.remove();
      this.sections.delete(id);
    }
    for (const doc of docs) this._doc(doc, current);
  }

  _doc(doc, current) {
    let parts = this.sections.get(doc.id);
    if (!parts) {
      parts = this._section(doc);
      this.sections.set(doc.id, parts);
      this.nav.append(parts.section);
    }
    parts.section.dataset.state = doc.state;
    parts.facts.textContent = facts(doc);
    parts.stop.hidden = doc.state !== "reading" || !doc.pages.size;
    const numbers = [...doc.pages.keys()].sort((a, b) => a - b);
    if (!numbers.length || doc.pages.size < doc.total) numbers.push(0); // 0: what is still to come
    for (const [number, button] of parts.pages) {
      if (numbers.includes(number)) continue;
      button.parentElement.remove();
      parts.pages.delete(number);
    }
    numbers.forEach((number, at) => {
      let button = parts.pages.get(number);
      if (!button) {
        button = this._button(doc, number);
        parts.pages.set(number, button);
        const item = make("li", {}, button);
        parts.list.insertBefore(item, parts.list.children[at] || null);
      }
      this._label(button, doc, number);
      const here = current?.doc === doc && (current.number ?? 0) === number;
      const was = button.getAttribute("aria-current") === "page";
      if (here) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
      if (here && !was) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  _section(doc) {
    const remove = make("button.bare.small", { title: `Remove ${doc.name}` }, icon("close"));
    remove.setAttribute("aria-label", `Remove ${doc.name}`);
    remove.addEventListener("click", () => this._send("remove", { doc }));
    const list = make("ol.thumbs");
    const facts = make("span.facts.soft");
    const name = make("span.name", { title: doc.name }, doc.name);
    const stop = make("button.stop", { hidden: true }, "Stop");
    stop.setAttribute("aria-label", `Stop reading ${doc.name}`);
    stop.addEventListener("click", () => this._send("stop", { doc }));
    const head = make("div.doc-head", {}, make("h2", {}, name), remove, facts, stop);
    const section = make("section.doc", { "aria-label": doc.name }, head, list);
    return { section, list, facts, stop, pages: new Map() };
  }

  _button(doc, number) {
    const picture = make("canvas", { width: SIDE * 0.72, height: SIDE, "aria-hidden": "true" });
    const button = make("button.thumb", {}, picture, make("span.number"));
    button.addEventListener("click", () => this._send("open", { doc, number }));
    return button;
  }

  _label(button, doc, number) {
    const entry = doc.pages.get(number);
    const waits = { waiting: "waits", reading: "is being read", failed: "could not be read" };
    const label = number
      ? `Page ${number}${entry?.error ? ", could not be read" : ""}`
      : `${doc.name} ${waits[doc.state] || "was not read"}`;
    if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
    button.classList.toggle("blank", !button.dataset.drawn);
    button.classList.toggle("wrong", Boolean(entry?.error) || (!number && doc.state === "failed"));
    button.classList.toggle("busy", !number && doc.state === "reading");
    button.querySelector(".number").textContent = number || "";
    const source = entry?.blob || (!number && doc.local ? doc.file : null);
    if (source && !button.dataset.drawn) {
      button.dataset.drawn = "yes";
      draw(button.querySelector("canvas"), source, entry?.page?.rotation || 0);
    }
  }

  _send(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function facts(doc) {
  if (doc.state === "waiting") return "waits";
  if (doc.state === "failed") return "not read";
  if (doc.state === "stopped") return "stopped";
  const done = doc.pages.size;
  if (doc.state === "reading") return doc.total > 1 ? `${done} of ${doc.total}` : "reading";
  return done === 1 ? "" : `${done} pages`;
}

async function draw(canvas, blob, rotation) {
  let picture;
  try {
    picture = await createImageBitmap(blob);
  } catch {
    return; // the browser cannot show such files; the server's picture is on its way
  }
  const [width, height] =
    rotation % 180 ? [picture.height, picture.width] : [picture.width, picture.height];
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const scale = (SIDE * ratio) / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((rotation * Math.PI) / 180);
  context.scale(scale, scale);
  context.drawImage(picture, -picture.width / 2, -picture.height / 2);
  picture.close();
}
