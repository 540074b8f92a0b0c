// SPDX-License-Identifier: Apache-2.0
// Small helpers for the page's elements.

/** An element by its id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element.
 *
 * @param tag "div", or "button.primary".
 * @param properties of the element; "aria-…", "data-…", "role" and "for" become attributes.
 * @param children elements and strings.
 */
export function make(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  if (name === "button") element.type = "button";
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** An icon of index.html. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** "1 page", "2 pages". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Says something to everybody, screen readers included. */
export function say(text, kind = "") {
  const status = byId("status");
  status.className = kind;
  status.textContent = text;
}

/** Puts text on the clipboard; also where the page has come without TLS. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // Not a secure context, or not allowed: the old way.
  }
  const area = make("textarea", { value: text, readOnly: true, className: "off" });
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus?.();
  if (!done) throw new Error("the browser does not let this page copy");
}

/** Hands a file to the person. */
export function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
