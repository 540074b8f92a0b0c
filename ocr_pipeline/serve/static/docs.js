// SPDX-License-Identifier: Apache-2.0
// Shows the server's OpenAPI description; asks nobody but the server.

const METHODS = ["get", "post", "put", "patch", "delete"];
const EXAMPLES = {
  "post /v1/ocr": 'curl -F file=@page.png "BASE/v1/ocr?format=txt"\n' +
    'curl -F file=@a.pdf -F file=@b.jpg "BASE/v1/ocr?pages=1-3" > pages.json\n' +
    'curl --data-binary @scan.pdf "BASE/v1/ocr?name=scan.pdf&format=pdf" > searchable.pdf',
  "post /v1/convert": 'curl -F document=@page.json -F file=@page.png "BASE/v1/convert?format=pdf" > page.pdf',
};

/** An element with attributes and children; texts are never taken for markup. */
function node(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A sentence or more in which `code` is marked as such. */
function text(source = "") {
  const parts = source.split("`").map((part, i) => (i % 2 ? node("code", {}, part) : part));
  return node("p", {}, ...parts);
}

function kind(schema = {}) {
  if (schema.enum) return schema.enum.join(" | ");
  const names = (schema.anyOf ?? [schema]).map((one) => one.format === "binary" ? "file" : one.type ?? "any");
  const range = [schema.minimum, schema.maximum].some((value) => value !== undefined)
    ? ` ${schema.minimum ?? ""} to ${schema.maximum ?? ""}` : "";
  return names.filter((name) => name !== "null").join(" or ") + range;
}

function table(head, rows) {
  const header = node("tr", {}, ...head.map((name) => node("th", { scope: "col" }, name)));
  const body = rows.map((row) => node("tr", {}, ...row.map((cell) => node("td", {}, cell))));
  return node("div", { class: "scroll" },
    node("table", {}, node("thead", {}, header), node("tbody", {}, ...body)));
}

function parameters(operation) {
  const rows = (operation.parameters ?? []).map((parameter) => [
    node("code", {}, parameter.name),
    parameter.in,
    kind(parameter.schema),
    parameter.description ?? "",
  ]);
  if (!rows.length) return null;
  return node("div", {}, node("h3", {}, "Parameters"), table(["name", "in", "type", ""], rows));
}

function bodies(operation) {
  const rows = Object.entries(operation.requestBody?.content ?? {}).map(([type, media]) => {
    const fields = Object.entries(media.schema?.properties ?? {})
      .map(([name, schema]) => `${name} (${kind(schema.items ?? schema)})`);
    return [node("code", {}, type), fields.join(", ") || kind(media.schema)];
  });
  if (!rows.length) return null;
  return node("div", {}, node("h3", {}, "Body"), table(["type", "holds"], rows));
}

function answers(operation) {
  const rows = Object.entries(operation.responses ?? {}).map(([status, response]) => {
    const types = status.startsWith("2") ? Object.keys(response.content ?? {}).join(", ") : "";
    return [node("code", {}, status), response.description ?? "", node("span", { class: "soft" }, types)];
  });
  return node("div", {}, node("h3", {}, "Answers"), table(["status", "", "type"], rows));
}

function section(path, method, operation, base) {
  const title = `${method} ${path}`;
  const example = EXAMPLES[title]?.replaceAll("BASE", base)
    ?? (method === "get" ? `curl ${base}${path}` : "");
  return node("section", { id: operation.operationId },
    node("h2", {}, node("span", { class: `method ${method}` }, method.toUpperCase()),
      node("code", {}, path)),
    text(operation.description || operation.summary),
    parameters(operation), bodies(operation), answers(operation),
    example ? node("h3", {}, "Example") : null, example ? node("pre", {}, example) : null);
}

function show(description) {
  const base = new URL(".", location.href).href.replace(/\/$/, "");
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => [path, method, item[method]]));
  const links = operations.map(([path, method, operation]) => node("li", {},
    node("a", { href: `#${operation.operationId}` }, `${method.toUpperCase()} ${path}`)));
  document.getElementById("docs").replaceChildren(
    node("h1", {}, `${description.info.title} ${description.info.version}`),
    ...(description.info.description ?? "").split("\n\n").map(text),
    node("p", {}, "For programs: ", node("a", { href: "openapi.json" }, "openapi.json"), "."),
    node("nav", { "aria-label": "Operations" }, node("ul", {}, ...links)),
    ...operations.map(([path, method, operation]) => section(path, method, operation, base)));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  show(await response.json());
} catch (error) {
  document.getElementById("docs").replaceChildren(
    text(`The description cannot be shown: ${error.message}`));
}
