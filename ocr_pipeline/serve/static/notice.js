// SPDX-License-Identifier: Apache-2.0
// What stands in the place of a page: it waits, is being read, or could not be.

import { explain } from "./api.js";
import { byId, make } from "./dom.js";

// Trying again cannot help with these.
const FINAL = ["unknown_kind", "empty", "too_large", "encrypted"];

/** Sends "again" with {doc, password}, "stop" and "remove" with {doc}. */
export class Notice extends EventTarget {
  constructor() {
    super();
    this.box = byId("notice");
    this.key = "";
  }

  /** Says how it stands with a document of which nothing can be shown, or nothing at all. */
  show(doc, entry, limits) {
    const pending = doc && !entry && (doc.state === "reading" || doc.state === "waiting");
    const problem = entry?.error || (!entry?.page && doc?.problem) || null;
    const stopped = doc && !entry && doc.state === "stopped" && !problem;
    this.box.hidden = !(pending || problem || stopped);
    const key = doc && `${doc.id} ${doc.state} ${Boolean(doc.retry)} ${doc.tries} ${problem?.code}`;
    if (this.box.hidden) this.key = "";
    if (this.box.hidden || key === this.key) return;
    this.key = key;
    this.box.className = pending ? "pending" : "";
    if (pending) this.box.replaceChildren(...this._pending(doc));
    else if (problem) this.box.replaceChildren(this._problem(doc, problem, limits));
    else this.box.replaceChildren(card("Stopped", "Nothing was read.", [this._again(doc)]));
    // The password can be typed at once, unless the person is busy elsewhere.
    if (document.activeElement === document.body) this.box.querySelector("input")?.focus();
  }

  _pending(doc) {
    const words = doc.retry ? "The server is busy; waiting…" : "Waiting…";
    const said = make("span", {}, doc.state === "reading" ? "Reading…" : words);
    const head = make("p.pending-words", {}, said, this._button("Stop", "stop", { doc }));
    if (!doc.localUrl) return [head, make("div.blank", { "aria-hidden": "true" })];
    const image = make("img", { src: doc.localUrl, alt: "" });
    return [head, make(`div.scan${doc.state === "reading" ? ".on" : ""}`, {}, image)];
  }

  _problem(doc, problem, limits) {
    const [title, advice] = explain(problem, limits);
    const actions = FINAL.includes(problem.code) ? [] : [this._again(doc)];
    if (!doc.pages.size) actions.push(this._button("Remove", "remove", { doc }));
    const form = problem.code === "encrypted" ? this._password(doc) : null;
    const box = card(title, advice, actions, form);
    if (problem.message && problem.message !== advice) {
      const summary = make("summary", {}, "What the server says");
      box.append(make("details", {}, summary, make("p", {}, problem.message)));
    }
    return box;
  }

  _password(doc) {
    const wrong = doc.password ? "That password does not fit." : "";
    const field = make("input", { type: "password", required: true, autocomplete: "off" });
    const form = make(
      "form.inline",
      {},
      make("label", {}, "Password ", field),
      make("button.primary", { type: "submit" }, "Open"),
      make("p.fault", { role: "alert" }, wrong),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this._send("again", { doc, password: field.value });
    });
    return form;
  }

  _again(doc) {
    return this._button("Try again", "again", { doc }, "button.primary");
  }

  _button(words, type, detail, tag = "button") {
    const button = make(tag, {}, words);
    button.addEventListener("click", () => this._send(type, detail));
    return button;
  }

  _send(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function card(title, advice, actions, form = null) {
  const box = make("div.card", {}, make("h3", {}, title), make("p", {}, advice));
  if (form) box.append(form);
  if (actions.length) box.append(make("p.actions", {}, ...actions));
  return box;
}
