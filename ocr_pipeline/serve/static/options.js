// SPDX-License-Identifier: Apache-2.0
// What can be chosen: kept in the browser, sent with each request.

import { byId, make } from "./dom.js";

const KEY = "ocr-options";
const form = byId("options-form");

/** Fills in what was chosen last time. */
export function restore() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    // Storage is forbidden, or holds something else.
  }
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value === true;
    else if (field.tagName !== "SELECT" || has(field, value)) field.value = value;
    else field.dataset.wanted = value; // its choices come from the server
  }
}

/** Remembers what is chosen. */
export function keep() {
  const chosen = {};
  for (const field of form.elements) {
    if (!field.name || field.name === "pages") continue; // pages belong to one document
    chosen[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // Then it lasts as long as the page.
  }
}

/** Offers the server's models. */
export function offerModels(models) {
  for (const [name, nets] of [
    ["recognizer", models.recognizers],
    ["detector", models.detectors],
  ]) {
    const field = form.elements[name];
    const wanted = field.dataset.wanted || field.value;
    field.replaceChildren(...nets.map((net) => make("option", { value: net.name }, net.name)));
    if (has(field, wanted)) field.value = wanted;
    field.disabled = nets.length < 2;
    field.addEventListener("change", () => describe(models));
  }
  describe(models);
}

function describe(models) {
  const net = models.recognizers.find((item) => item.name === form.elements.recognizer.value);
  const facts = [
    net?.architecture,
    net?.characters ? `knows ${net.characters.toLocaleString("en")} characters` : "",
    net?.licence,
  ];
  byId("model-facts").textContent = facts.filter(Boolean).join(", ");
}

/** Query parameters of a reading. */
export function readingQuery() {
  const query = { preview: "2000" };
  for (const name of ["recognizer", "detector", "pages", "pdf-text", "orientation", "deskew"]) {
    put(query, name, form.elements[name].value.trim());
  }
  put(query, "layout", form.elements.layout.value);
  put(query, "dpi", form.elements.dpi.value);
  const least = Number(form.elements["min-confidence"].value);
  if (least > 0) query["min-confidence"] = String(least / 100);
  if (form.elements.detect.checked) query.detect = "false";
  return query;
}

/** Query parameters of a download. */
export function writingQuery(format) {
  const query = { format };
  if (format !== "pdf") return query;
  put(query, "pdf-language", form.elements["pdf-language"].value.trim());
  if (form.elements["pdf-a"].checked) query["pdf-a"] = "true";
  if (form.elements["pdf-upright"].checked) query["pdf-upright"] = "true";
  return query;
}

/** The confidence below which words are marked. */
export function doubt() {
  return Math.min(100, Math.max(0, Number(form.elements.doubt.value))) / 100;
}

function put(query, name, value) {
  if (value) query[name] = value;
}

function has(select, value) {
  return [...select.options].some((option) => option.value === value);
}
