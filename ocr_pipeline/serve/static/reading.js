// SPDX-License-Identifier: Apache-2.0
// The documents on the desk, and the queue in which the server reads them.

import { Problem, read } from "./api.js";

const RETRIES = 20;
let lastId = 0;

/** Documents. Sends "change" with {doc, what} whenever something is known anew. */
export class Desk extends EventTarget {
  /** @param query gives the query parameters of a reading. */
  constructor(query) {
    super();
    this.docs = [];
    this.query = query;
    this.halted = false; // until there is a token
    this._running = null;
  }

  /** Puts files on the desk, to be read one after the other; those of too many bytes are not. */
  add(files, most) {
    const fresh = files.map((file) => ({
      id: (lastId += 1),
      file,
      name: file.name || "picture",
      // Shown until the server's own picture is there. Some kinds no browser can show.
      local: /^image\/(png|jpeg|webp|gif|bmp|avif)$/u.test(file.type),
      localUrl: "",
      state: "waiting",
      total: 0,
      pages: new Map(),
      source: "",
      problem: null,
      password: "",
      dirty: false,
      retry: null,
    }));
    for (const doc of fresh) if (doc.local) doc.localUrl = URL.createObjectURL(doc.file);
    this.docs.push(...fresh);
    for (const doc of fresh.filter((one) => one.file.size > most)) {
      Object.assign(doc, { state: "failed", problem: new Problem(413, "too_large", "") });
    }
    this._next();
    return fresh;
  }

  /** Takes a document off the desk. */
  remove(doc) {
    this.docs = this.docs.filter((other) => other !== doc);
    this._stop(doc);
    this._forget(doc);
    if (doc.localUrl) URL.revokeObjectURL(doc.localUrl);
    this._tell(doc, "removed");
    this._next();
  }

  /** Stops reading a document; what was read stays. */
  stop(doc) {
    if (doc.state !== "reading" && doc.state !== "waiting") return;
    this._stop(doc);
    doc.state = "stopped";
    this._tell(doc, "stopped");
    this._next();
  }

  /** Reads a document once more, from the start. */
  again(doc, password = doc.password) {
    this._stop(doc);
    this._forget(doc);
    Object.assign(doc, { password, state: "waiting", problem: null, total: 0, dirty: false });
    doc.tries = 0;
    this._tell(doc, "waiting");
    this._next();
  }

  /** Goes on after the token was given. */
  resume() {
    this.halted = false;
    this._next();
  }

  /** Pages done and expected of what is being read, or null. */
  progress() {
    const busy = this.docs.filter((doc) => doc.state === "reading" || doc.state === "waiting");
    if (!busy.length) return null;
    const all = this.docs.filter((doc) => doc.state !== "failed");
    const total = all.reduce((sum, doc) => sum + Math.max(doc.total, 1), 0);
    const done = all.reduce((sum, doc) => sum + doc.pages.size, 0);
    return { done, total, doc: busy[0] };
  }

  /** A document as a tree, for the server. */
  tree(doc) {
    const pages = [...doc.pages.values()].filter((entry) => entry.page).map((entry) => entry.page);
    pages.sort((a, b) => a.number - b.number);
    return { format_version: 1, source: doc.source || doc.name, pages };
  }

  _stop(doc) {
    clearTimeout(doc.retry);
    doc.retry = null;
    if (this._running?.doc === doc) this._running.control.abort();
  }

  _forget(doc) {
    for (const entry of doc.pages.values()) if (entry.url) URL.revokeObjectURL(entry.url);
    doc.pages.clear();
  }

  _next() {
    if (this._running || this.halted) return;
    const doc = this.docs.find((other) => other.state === "waiting" && !other.retry);
    if (doc) this._read(doc);
  }

  async _read(doc) {
    const control = new AbortController();
    this._running = { doc, control };
    doc.state = "reading";
    doc.problem = null;
    this._tell(doc, "reading");
    try {
      const heard = (event) => this._hear(doc, event, control.signal);
      await read(doc.file, this.query(doc), doc.password, control.signal, heard);
      if (!control.signal.aborted) this._finish(doc);
    } catch (error) {
      if (!control.signal.aborted) this._fail(doc, error);
    } finally {
      this._running = null;
      this._next();
    }
  }

  _hear(doc, event, signal) {
    if (signal.aborted) return;
    if (event.event === "start") {
      doc.source = event.files[0]?.source || doc.name;
      doc.total = event.files[0]?.pages || 0;
    } else if (event.event === "page") {
      const blob = event.preview ? blobOf(event.preview) : null;
      const url = blob ? URL.createObjectURL(blob) : "";
      doc.pages.set(event.page.number, { page: event.page, blob, url, error: null, undo: [] });
      this._tell(doc, "page", event.page.number);
      return;
    } else if (event.event === "error") {
      const error = new Problem(event.error.status, event.error.code, event.error.message);
      if (event.page && !doc.pages.get(event.page)?.page?.lines.length) {
        const entry = doc.pages.get(event.page) || { page: null, blob: null, url: "", undo: [] };
        doc.pages.set(event.page, { ...entry, error });
        this._tell(doc, "page", event.page);
        return;
      }
      if (!event.page) doc.problem = error;
    }
    this._tell(doc, "reading");
  }

  _finish(doc) {
    const none = ![...doc.pages.values()].some((entry) => entry.page);
    if (doc.problem && none) doc.state = "failed";
    else doc.state = doc.problem ? "stopped" : "done";
    this._tell(doc, doc.state);
  }

  _fail(doc, error) {
    const problem = error instanceof Problem ? error : new Problem(0, "unknown", String(error));
    doc.tries = (doc.tries || 0) + 1;
    if (problem.code === "unauthorized") {
      doc.state = "waiting";
      this.halted = true;
      this._tell(doc, "token");
    } else if (problem.code === "busy" && doc.tries <= RETRIES) {
      this._later(doc, Math.max(1, problem.retryAfter || 2));
    } else {
      doc.problem = problem;
      doc.state = [...doc.pages.values()].some((entry) => entry.page) ? "stopped" : "failed";
      this._tell(doc, doc.state);
    }
  }

  /** Waits as long as the server asked for. */
  _later(doc, seconds) {
    doc.state = "waiting";
    doc.retry = setTimeout(() => {
      doc.retry = null;
      this._next();
    }, seconds * 1000);
    this._tell(doc, "busy", seconds);
  }

  _tell(doc, what, value = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: { doc, what, value } }));
  }
}

function blobOf(url) {
  const [head, data] = url.split(",");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}
