// SPDX-License-Identifier: Apache-2.0
// The text beside the picture: lines and words that can be gone through and corrected.

import { byId, icon, make } from "./dom.js";
import { levelOf, rows, wordsOf } from "./tree.js";

/**
 * The list of a page's lines. Sends "hover" and "pick" with {line, word}, and "correct" with
 * {line, first, count, text, then}: "then" is "next" or "previous" where the person goes on to
 * another word, else null.
 */
export class TextList extends EventTarget {
  /** @param crop draws a piece of the picture: (line, word, canvas) => whether it could. */
  constructor(crop) {
    super();
    this.list = byId("lines");
    this.crop = crop;
    this.page = null;
    this.picked = null;
    this.editing = null;
    this._listen();
  }

  /** Shows the lines of a page; no page, or one without text, shows what is said instead. */
  show(page, threshold, instead = "") {
    this.editing = null;
    this.page = page;
    this.threshold = threshold;
    this.picked = null;
    if (!page || !page.lines.length) {
      this.list.replaceChildren(make("p.soft", { role: "listitem" }, instead));
      return;
    }
    let previous = null;
    const elements = rows(page).map((indices) => {
      const line = page.lines[indices[0]];
      const row = make("div.row", { role: "none" });
      if (previous && starts(line, previous)) row.classList.add("apart");
      previous = line;
      row.append(...indices.map((index) => this._line(page.lines[index], index)));
      return row;
    });
    this.list.replaceChildren(...elements);
    this._stop(0);
  }

  _line(line, index) {
    const element = make("div.line", { role: "listitem", dir: "auto", tabIndex: -1 });
    element.dataset.line = index;
    wordsOf(line).forEach((word, number) => {
      if (number) element.append(" ");
      element.append(this._word(word, number, index));
    });
    return element;
  }

  _word(word, number, line) {
    const level = levelOf(word.confidence, this.threshold);
    const element = make(`span.word.${level}`, {}, word.text);
    element.dataset.line = line;
    element.dataset.word = number;
    if (level === "sure") return element;
    const sure = `${Math.round(word.confidence * 100)} % sure`;
    element.tabIndex = -1;
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", `${word.text}, doubtful, ${sure}`);
    element.title = `${sure}. Click to correct.`;
    return element;
  }

  /** The button for those who have no key Enter and cannot click twice. */
  _pen() {
    const label = "Correct the line";
    const pen = make("button.bare.small", { title: `${label} (Enter)`, "aria-label": label });
    pen.append(icon("pen"));
    pen.addEventListener("click", (event) => {
      event.stopPropagation();
      this.edit(this.picked);
    });
    return pen;
  }

  /** The element of a line. */
  lineAt(index) {
    return this.list.querySelector(`.line[data-line="${index}"]`);
  }

  /** Makes one line the place where Tab stops. */
  _stop(index) {
    this.list.querySelector('.line[tabindex="0"]')?.setAttribute("tabindex", "-1");
    this.lineAt(index)?.setAttribute("tabindex", "0");
  }

  /** Lights up what is pointed at. */
  hover(line, word = null) {
    for (const lit of this.list.querySelectorAll(".hot")) lit.classList.remove("hot");
    if (line === null) return;
    const element = this.lineAt(line);
    element?.classList.add("hot");
    if (word !== null) element?.querySelector(`[data-word="${word}"]`)?.classList.add("hot");
  }

  /** Keeps a line lit, and brings it into sight. */
  pick(line, focus = false) {
    this.list.querySelector(".picked")?.classList.remove("picked");
    this.picked = line;
    this.pen?.remove();
    const element = line === null ? null : this.lineAt(line);
    if (!element) return;
    element.classList.add("picked");
    if (!this.pen) this.pen = this._pen();
    if (this.editing?.line !== line) element.append(this.pen);
    this._stop(line);
    if (focus) element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** Opens words of a line for correction; all of them when no word is named. */
  edit(line, word = null) {
    this.finish();
    const element = this.lineAt(line);
    const words = element && wordsOf(this.page.lines[line]);
    if (!element || (word !== null && !words[word])) return;
    const old = word === null ? words.map((item) => item.text).join(" ") : words[word].text;
    const input = make("input", {
      value: old,
      spellcheck: false,
      autocomplete: "off",
      size: Math.max(3, old.length),
      "aria-label": word === null ? "The line's text" : `Instead of ${old}`,
    });
    input.setAttribute("autocapitalize", "off");
    const canvas = make("canvas", { "aria-hidden": "true" });
    const box = make(word === null ? "span.editor.long" : "span.editor", {}, input);
    if (this.crop(line, word, canvas)) box.append(canvas);
    const first = word ?? 0;
    const number = word === null ? words.length : 1;
    this.editing = { line, first, count: number, old, input, box, kept: null };
    if (word === null) {
      this.editing.kept = [...element.childNodes];
      element.replaceChildren(box);
    } else {
      const span = element.querySelector(`[data-word="${word}"]`);
      this.editing.kept = [span];
      span.replaceWith(box);
    }
    input.addEventListener("keydown", (event) => this._key(event));
    input.addEventListener("input", () => {
      input.size = Math.max(3, input.value.length);
    });
    input.addEventListener("blur", () => this.finish());
    this.dispatchEvent(new CustomEvent("hover", { detail: { line, word } }));
    input.focus({ preventScroll: true });
    input.select();
    box.scrollIntoView({ block: "nearest" });
  }

  _key(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Enter") this._keep(null);
    else if (event.key === "Tab") this._keep(event.shiftKey ? "previous" : "next");
    else if (event.key === "Escape") this._close(true);
    else return;
    event.preventDefault();
  }

  /** Keeps what stands there, unchanged too: then a person has confirmed it. */
  _keep(then) {
    const { line, first, count, input } = this.editing;
    this._close(false);
    const detail = { line, first, count, text: input.value, then };
    this.dispatchEvent(new CustomEvent("correct", { detail }));
  }

  /** Ends a correction when the person turns to something else: it is kept if it is one. */
  finish() {
    if (!this.editing) return;
    if (this.editing.input.value !== this.editing.old) this._keep(null);
    else this._close(false);
  }

  _close(focus) {
    const { box, kept, line } = this.editing;
    this.editing = null;
    box.replaceWith(...kept);
    if (focus) this.lineAt(line)?.focus();
  }

  _listen() {
    const place = (target) => {
      const found = target?.closest?.("[data-line]");
      const word = found?.dataset.word;
      return {
        line: found ? Number(found.dataset.line) : null,
        word: word === undefined ? null : Number(word),
      };
    };
    const send = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));
    this.list.addEventListener("pointerover", (event) => send("hover", place(event.target)));
    this.list.addEventListener("pointerleave", () => send("hover", { line: null, word: null }));
    this.list.addEventListener("focusin", (event) => {
      if (event.target.matches(".line")) send("pick", place(event.target));
    });
    this.list.addEventListener("click", (event) => {
      if (event.target.closest(".editor")) return;
      const { line, word } = place(event.target);
      if (line === null || !getSelection().isCollapsed) return;
      send("pick", { line, word });
      if (event.target.matches("[role=button]")) this.edit(line, word);
    });
    this.list.addEventListener("dblclick", (event) => {
      const { line, word } = place(event.target);
      if (line === null || event.target.closest(".editor")) return;
      getSelection().removeAllRanges();
      this.edit(line, word);
    });
    this.list.addEventListener("keydown", (event) => this._walk(event, place(event.target)));
  }

  /** Keys that go from line to line. */
  _walk(event, { line, word }) {
    if (line === null || event.target.closest(".editor, .bare")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.page.lines.length - 1;
    const to = { ArrowDown: line + 1, ArrowUp: line - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      if (to >= 0 && to <= last) this.pick(to, true);
    } else if (event.key === "Enter" || event.key === "F2") {
      this.edit(line, word);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** Whether a line begins something new on the page. */
function starts(line, previous) {
  return line.block !== previous.block || line.paragraph !== previous.paragraph;
}
