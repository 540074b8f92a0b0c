// SPDX-License-Identifier: Apache-2.0
// Puts the page together.

import { explain, get, Problem, setToken } from "./api.js";
import { byId, copyText, count, make, say } from "./dom.js";
import { listenFiles } from "./files.js";
import { listenKeys } from "./keys.js";
import { Notice } from "./notice.js";
import * as options from "./options.js";
import { Desk } from "./reading.js";
import { save, SaveMenu } from "./saving.js";
import { Strip } from "./strip.js";
import { TextList } from "./text.js";
import { correct, doubtsIn, pageText, wordsOf } from "./tree.js";
import { Viewer } from "./viewer.js";

const desk = new Desk(options.readingQuery);
const viewer = new Viewer();
const text = new TextList((line, word, canvas) => viewer.crop(line, word, canvas));
const strip = new Strip();
const notice = new Notice();
const server = { limits: {} };
let current = null; // {doc, number}; number 0 or null: a page that is still to come
let spot = [0, -1]; // line and word that were looked at last

const entry = () => current && current.doc.pages.get(current.number);

// ---- what is shown -----------------------------------------------------------------------------

function open(doc, number) {
  text.finish();
  const first = [...doc.pages.keys()].sort((a, b) => a - b)[0];
  current = { doc, number: number || (doc.pages.size ? first : 0) };
  spot = [0, -1];
  showPage();
}

function showPage() {
  const found = entry();
  const doc = current?.doc;
  const page = found?.page;
  viewer.show(page || null, found?.url || "", options.doubt());
  text.show(page, options.doubt(), page ? "There is no text on this page." : "");
  byId("picture-title").textContent = doc
    ? doc.name + (doc.total > 1 && current.number ? `, page ${current.number}` : "")
    : "";
  notice.show(doc, found, server.limits);
  showTools();
  strip.show(desk.docs, current);
}

function showTools() {
  const doc = current?.doc;
  const some = Boolean(doc && desk.tree(doc).pages.length);
  for (const id of ["copy", "save"]) byId(id).disabled = !some;
  for (const id of ["zoom-in", "zoom-out", "fit-width", "fit-page", "boxes"]) {
    byId(id).disabled = !entry()?.page;
  }
  const left = doc ? doubtsOf(doc).length : 0;
  const words = make("span.wide", {}, left === 1 ? " word" : " words");
  const many = left ? left.toLocaleString("en") : "No";
  byId("doubts").replaceChildren(`${many} doubtful`, words);
  byId("next-doubt").hidden = !some;
  byId("next-doubt").disabled = !left;
  byId("undo").hidden = !entry()?.undo.length;
  byId("again").disabled = !doc;
}

function showProgress() {
  const bar = byId("progress");
  const progress = desk.progress();
  bar.hidden = !progress;
  if (!progress) return;
  const share = Math.round((100 * progress.done) / progress.total);
  bar.setAttribute("aria-valuenow", String(share));
  bar.firstElementChild.style.width = `${Math.max(share, 3)}%`;
}

// ---- documents ---------------------------------------------------------------------------------

function add(files) {
  if (!files.length) return;
  byId("welcome").hidden = true;
  byId("desk").hidden = false;
  byId("add").hidden = false;
  const fresh = desk.add(files, (server.limits.max_size || Infinity) * 2 ** 20);
  open(fresh[0], 0);
  for (const doc of fresh) if (doc.problem) announce(doc, "failed");
}

desk.addEventListener("change", ({ detail: { doc, what, value } }) => {
  if (what === "removed") return removed(doc);
  const here = current?.doc === doc;
  if (here && !entry()) {
    // The first page that comes is shown; those after it only fill the strip.
    const first = what === "page" ? value : 0;
    current.number = first;
    showPage();
  } else {
    if (here && what === "page" && value === current.number) showPage();
    strip.show(desk.docs, current);
    showTools();
  }
  showProgress();
  announce(doc, what, value);
  return undefined;
});

/** A problem in a line. */
function tell(problem) {
  return explain(problem, server.limits).filter(Boolean).join(". ");
}

function announce(doc, what, value = null) {
  if (what === "reading" && !doc.pages.size && !doc.total) say(`Reading ${doc.name}`);
  else if (what === "busy") say(`The server is busy. Trying again in ${count(value, "second")}.`);
  else if (what === "stopped" && !doc.problem) say(`Stopped reading ${doc.name}.`);
  else if (what === "stopped" || what === "failed") say(`${doc.name}: ${tell(doc.problem)}`, "bad");
  else if (what === "token") askToken();
  else if (what === "done") {
    const lines = desk.tree(doc).pages.reduce((sum, page) => sum + page.lines.length, 0);
    const doubts = doubtsOf(doc).length;
    const parts = [doc.pages.size > 1 ? count(doc.pages.size, "page") : "", count(lines, "line")];
    parts.push(doubts ? count(doubts, "doubtful word") : "no doubtful words");
    say(`${doc.name} is read: ${parts.filter(Boolean).join(", ")}.`);
  }
}

function removed(doc) {
  if (current?.doc === doc) {
    current = null;
    const other = desk.docs[0];
    if (other) open(other, 0);
  }
  if (!desk.docs.length) {
    viewer.show(null, "", 0);
    byId("welcome").hidden = false;
    byId("desk").hidden = true;
    byId("add").hidden = true;
    byId("choose").focus();
  }
  strip.show(desk.docs, current);
  showProgress();
  say(`${doc.name} is removed.`);
}

strip.addEventListener("open", ({ detail }) => open(detail.doc, detail.number));
for (const side of [strip, notice]) {
  side.addEventListener("stop", ({ detail }) => desk.stop(detail.doc));
  side.addEventListener("remove", ({ detail: { doc } }) => {
    if (!doc.dirty || confirm(`Remove ${doc.name} with its corrections?`)) desk.remove(doc);
  });
}
notice.addEventListener("again", ({ detail }) => desk.again(detail.doc, detail.password));

/** Goes to the page before or after, over the ends of documents. */
function turn(step) {
  const all = desk.docs.flatMap((doc) => {
    const numbers = [...doc.pages.keys()].sort((a, b) => a - b);
    return (numbers.length ? numbers : [0]).map((number) => [doc, number]);
  });
  const at = all.findIndex(([doc, number]) => doc === current?.doc && number === current.number);
  const to = all[at + step];
  if (to) open(...to);
}

// ---- picture and text --------------------------------------------------------------------------

for (const side of [viewer, text]) {
  side.addEventListener("hover", ({ detail: { line, word } }) => {
    viewer.hover(line, word);
    text.hover(line, word);
  });
}
viewer.addEventListener("pick", ({ detail: { line, word } }) => {
  viewer.pick(line, false);
  text.pick(line);
  if (line !== null) spot = [line, (word ?? 0) - 1];
});
text.addEventListener("pick", ({ detail: { line, word } }) => {
  if (text.picked !== line) text.pick(line);
  viewer.pick(line);
  spot = [line, word ?? -1];
});
viewer.addEventListener("zoom", ({ detail }) => {
  byId("zoom-value").textContent = `${Math.round(detail * 100)} %`;
});

text.addEventListener("correct", ({ detail }) => {
  const found = entry();
  const before = found.page;
  const old = wordsOf(before.lines[detail.line]).slice(detail.first, detail.first + detail.count);
  const after = correct(before, detail.line, detail.first, detail.count, detail.text);
  found.undo.push(before);
  found.page = after;
  current.doc.dirty = true;
  redraw(detail.line);
  const was = old.map((word) => word.text).join(" ");
  const now = detail.text.trim();
  say(was === now ? `“${now}” is confirmed.` : `“${was}” is now “${now}”.`);
  spot = [detail.line, detail.first + (detail.then === "previous" ? 0 : detail.count - 1)];
  if (detail.then) goToDoubt(detail.then === "next" ? 1 : -1);
});

/** Draws the page anew after a change, and stays where the person is. */
function redraw(line) {
  const list = byId("lines");
  const top = list.scrollTop;
  viewer.show(entry().page, entry().url, options.doubt());
  text.show(entry().page, options.doubt(), "There is no text on this page.");
  list.scrollTop = top;
  viewer.pick(line, false);
  text.pick(Math.min(line, entry().page.lines.length - 1), true);
  showTools();
}

function undo() {
  const found = entry();
  if (!found?.undo.length) return;
  found.page = found.undo.pop();
  redraw(spot[0]);
  say("The last correction is undone.");
}

const doubtsOf = (doc) => doubtsIn(desk.tree(doc).pages, options.doubt());

function goToDoubt(step) {
  if (!current) return;
  text.finish();
  const all = doubtsOf(current.doc);
  if (!all.length) {
    say("No doubtful words are left.");
    return;
  }
  const here = [current.number, ...spot];
  const compare = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  const ahead = all.filter((place) => compare(place, here) * step > 0);
  const round = step > 0 ? all[0] : all[all.length - 1];
  const [number, line, word] = (step > 0 ? ahead[0] : ahead[ahead.length - 1]) || round;
  if (number !== current.number) open(current.doc, number);
  showTab("text");
  spot = [line, word];
  viewer.pick(line);
  text.pick(line);
  text.edit(line, word);
}

// ---- taking the text away ----------------------------------------------------------------------

async function copyAll() {
  if (!current) return;
  text.finish();
  const pages = desk.tree(current.doc).pages;
  if (!pages.length) return;
  try {
    await copyText(pages.map(pageText).join("\n\n"));
    current.doc.dirty = false;
    const several = pages.length > 1;
    say(several ? `The text of ${count(pages.length, "page")} is copied.` : "Copied.", "good");
  } catch (error) {
    say(`Not copied: ${error.message}.`, "bad");
  }
}

async function download(format) {
  text.finish();
  const { doc } = current;
  say("Writing the file…");
  try {
    const name = await save(desk.tree(doc), doc.file, format);
    doc.dirty = false;
    say(`${name} is downloaded.`, "good");
  } catch (error) {
    if (error.code === "unauthorized") askToken();
    say(`Not written: ${error instanceof Problem ? tell(error) : error}`, "bad");
  }
}

new SaveMenu(download);

// ---- the rest of the page ----------------------------------------------------------------------

function showTab(name) {
  byId("desk").dataset.tab = name;
  byId("tab-picture").setAttribute("aria-pressed", String(name === "picture"));
  byId("tab-text").setAttribute("aria-pressed", String(name === "text"));
}

function toggleBoxes() {
  const off = byId("sheet").classList.toggle("plain");
  byId("boxes").setAttribute("aria-pressed", String(!off));
}

function askToken() {
  const dialog = byId("ask-token");
  if (!dialog.open) dialog.showModal();
}

async function sample() {
  try {
    const answer = await fetch("/static/sample.webp");
    const blob = await answer.blob();
    add([new File([blob], "letter.webp", { type: "image/webp" })]);
  } catch {
    say("The sample cannot be had: is the server still running?", "bad");
  }
}

async function hello() {
  try {
    const [info, models] = await Promise.all([get("/v1/info"), get("/v1/models")]);
    server.limits = info.limits;
    byId("version").textContent = `Version ${info.version}.`;
    options.offerModels(models);
    byId("token-fault").textContent = "";
    return true;
  } catch (error) {
    if (error.code === "unauthorized") askToken();
    else say(explain(error)[0] + ".", "bad");
    return false;
  }
}

function wire() {
  const clicks = {
    add: () => byId("files").click(),
    choose: () => byId("files").click(),
    sample,
    copy: copyAll,
    undo,
    boxes: toggleBoxes,
    "zoom-in": () => viewer.zoomBy(1.25),
    "zoom-out": () => viewer.zoomBy(0.8),
    "fit-width": () => viewer.setZoom("width"),
    "fit-page": () => viewer.setZoom("page"),
    "next-doubt": () => goToDoubt(1),
    "tab-picture": () => showTab("picture"),
    "tab-text": () => showTab("text"),
    "show-options": () => byId("options").showModal(),
    "show-help": () => byId("help").showModal(),
    again: () => {
      if (!current || !byId("options-form").reportValidity()) return;
      const { doc } = current;
      if (doc.dirty && !confirm("Read again and lose the corrections?")) return;
      byId("options").close();
      desk.again(doc);
    },
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", () => act());
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  byId("options-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("options").close();
  });
  byId("options").addEventListener("close", () => {
    options.keep();
    if (current) showPage();
  });
  byId("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    setToken(event.target.elements.token.value.trim());
    if (await hello()) {
      byId("ask-token").close();
      desk.resume();
    } else {
      byId("token-fault").textContent = "That token does not fit.";
    }
  });
}

addEventListener("beforeunload", (event) => {
  if (desk.docs.some((doc) => doc.dirty)) event.preventDefault();
});
options.restore();
wire();
listenFiles(add);
showTab("picture");
listenKeys({
  o: () => byId("files").click(),
  n: () => goToDoubt(1),
  N: () => goToDoubt(-1),
  "[": () => turn(-1),
  "]": () => turn(1),
  "+": () => viewer.zoomBy(1.25),
  "=": () => viewer.zoomBy(1.25),
  "-": () => viewer.zoomBy(0.8),
  0: () => viewer.setZoom("width"),
  9: () => viewer.setZoom("page"),
  b: toggleBoxes,
  c: copyAll,
  "?": () => byId("help").showModal(),
  "Ctrl+z": undo,
});
hello();
