// SPDX-License-Identifier: Apache-2.0
// The server's API: requests, streams, and its errors in plain words.

const TOKEN = "ocr-token";
let token = "";
try {
  token = sessionStorage.getItem(TOKEN) || "";
} catch {
  // Storage may be forbidden; the token then lasts as long as the page.
}

/** A refusal or failure, with what to tell people. */
export class Problem extends Error {
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Remembers the server's token until the tab is closed. */
export function setToken(value) {
  token = value;
  try {
    sessionStorage.setItem(TOKEN, value);
  } catch {
    // As above.
  }
}

/** Answers of GET, as data. */
export async function get(path) {
  return (await request(path, {})).json();
}

/**
 * Reads a document.
 *
 * @param file its bytes and name.
 * @param options query parameters.
 * @param password of the document, or "".
 * @param signal ends it.
 * @param onEvent called with each event of the stream.
 */
export async function read(file, options, password, signal, onEvent) {
  const query = new URLSearchParams({ ...options, stream: "true" });
  const body = new FormData();
  body.append("file", file, file.name);
  const headers = password ? { "Ocr-Password": unescape(encodeURIComponent(password)) } : {};
  const answer = await request(`/v1/ocr?${query}`, { method: "POST", body, headers, signal });
  let last = null;
  for await (const event of events(answer.body)) {
    last = event;
    onEvent(event);
  }
  if (last?.event !== "end" && !(last?.event === "error" && last.file === undefined)) {
    throw new Problem(0, "broken", "");
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let parts = [];
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, "broken", "");
    }
    if (chunk.done) break;
    // Pages come with their pictures, so that a line is many chunks long.
    const lines = chunk.value.split("\n");
    for (const line of lines.slice(0, -1)) {
      const whole = parts.join("") + line;
      parts = [];
      if (whole.trim()) yield JSON.parse(whole);
    }
    parts.push(lines[lines.length - 1]);
  }
}

/**
 * Writes a tree in another format.
 *
 * @returns the file and the name that the server gives it.
 */
export async function convert(tree, file, options) {
  const body = new FormData();
  body.append("document", new Blob([JSON.stringify(tree)], { type: "application/json" }), "d.json");
  if (file) body.append("file", file, file.name);
  const query = new URLSearchParams(options);
  const answer = await request(`/v1/convert?${query}`, { method: "POST", body });
  return { blob: await answer.blob(), name: nameOf(answer.headers.get("content-disposition")) };
}

function nameOf(disposition) {
  const coded = /filename\*=utf-8''([^;]+)/iu.exec(disposition || "");
  if (coded) return decodeURIComponent(coded[1]);
  const plain = /filename="?([^";]+)"?/iu.exec(disposition || "");
  return plain ? plain[1] : "";
}

async function request(path, options) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "");
  }
  if (answer.ok) return answer;
  let told = {};
  try {
    told = (await answer.json()).error || {};
  } catch {
    // Something between us and the server answered in its own words.
  }
  const wait = Number(answer.headers.get("retry-after")) || 0;
  throw new Problem(answer.status, told.code || "unknown", told.message || "", wait);
}

/**
 * What a problem is, and what to do about it.
 *
 * @returns [title, advice]
 */
export function explain(problem, limits = {}) {
  const code = problem.code || "unknown";
  const said = problem.message || "";
  const known = {
    unreachable: ["The server cannot be reached", "Is it still running? Then try again."],
    broken: ["The connection broke off", "Pages that were read are kept. Try again for the rest."],
    encrypted: ["This document is locked", "Its password opens it."],
    unauthorized: ["The server asks for a token", "Whoever runs it can tell you."],
    busy: ["The server is busy", "Try again in a little while."],
    timeout: ["This took too long", "Read fewer pages at a time: see Options."],
    upload_timeout: ["Sending took too long", "Try again, or with a smaller file."],
    too_large: [
      "This file is too large",
      limits.max_size ? `The server takes ${format(limits.max_size)} MB at a time.` : said,
    ],
    too_many_pages: [
      "This document has too many pages",
      limits.max_pages
        ? `The server reads ${format(limits.max_pages)} at a time: choose some in Options.`
        : said,
    ],
    too_many_pixels: [
      "This picture is too large",
      limits.max_pixels
        ? `The server reads up to ${format(limits.max_pixels)} megapixels a page: make it smaller.`
        : said,
    ],
    unknown_kind: ["This is no picture or PDF", "PNG, JPEG, TIFF, WebP, BMP and PDF can be read."],
    empty: ["This file is empty", "There is nothing in it to read."],
    unreadable: ["This file cannot be opened", said || "It may be damaged."],
    bad_parameter: ["The options do not fit", said],
    cannot_write: ["The file cannot be written", said],
    internal: ["Something went wrong in the server", "Its log says more. Try again."],
    foreign_host: ["The server does not answer to this address", said],
    foreign_origin: ["The server does not answer to this page", said],
  };
  return known[code] || ["This did not work", said || `The server answered ${problem.status}.`];
}

function format(number) {
  return Number(number).toLocaleString("en");
}
