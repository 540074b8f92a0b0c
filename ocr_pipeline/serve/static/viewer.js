// SPDX-License-Identifier: Apache-2.0
// The picture of a page, its lines drawn over it, and its text in place: transparent, selectable.

import { byId } from "./dom.js";
import { boxOf, levelOf, placeOf, wordsOf } from "./tree.js";

const SVG = "http://www.w3.org/2000/svg";
const [SMALLEST, LARGEST] = [0.02, 8];
const pen = document.createElement("canvas").getContext("2d");

/** Shows one page at a time. Sends "hover" and "pick" with {line, word}. */
export class Viewer extends EventTarget {
  constructor() {
    super();
    this.scroller = byId("scroller");
    this.sheet = byId("sheet");
    this.page = null;
    this.zoom = "width"; // or "page", or a number: CSS pixels for a pixel of the page
    this.scale = 1;
    this.threshold = 0.8;
    this.layer = null;
    this.marks = [];
    this._listen();
    new ResizeObserver(() => this._resize()).observe(this.scroller);
  }

  /** Shows a page of the tree with its picture; without a tree, the picture alone. */
  show(page, source, threshold) {
    const same = this.page && page && this.source === source;
    this.page = page;
    this.source = source;
    this.threshold = threshold;
    this.marks = [];
    if (!page || !source) {
      this.sheet.replaceChildren();
      this.layer = null;
      return;
    }
    if (!same) this._newSheet(source);
    this._draw();
    this._resize();
    if (!same) this.scroller.scrollTo(0, 0);
  }

  _newSheet(source) {
    const image = new Image();
    image.src = source;
    image.alt = "";
    image.draggable = false;
    this.image = image;
    this.layer = document.createElement("div");
    this.layer.className = "layer";
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.texts = document.createElement("div");
    this.texts.className = "texts";
    // The list beside the picture says the same to screen readers, and says it better.
    this.texts.setAttribute("aria-hidden", "true");
    this.layer.append(image, this.svg, this.texts);
    this.sheet.replaceChildren(this.layer);
  }

  _draw() {
    const { width, height, lines } = this.page;
    for (const element of [this.layer, this.image]) {
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
    }
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.wordMark = polygonMark([], "word-mark");
    this.marks = lines.map((line, index) => {
      const level = levelOf(line.confidence, this.threshold);
      const mark = polygonMark(line.polygon, `mark ${level}`);
      mark.dataset.line = index;
      return mark;
    });
    const doubtful = lines.flatMap((line) => this._doubtful(line));
    this.svg.replaceChildren(...doubtful, ...this.marks, this.wordMark);
    this.texts.replaceChildren(...lines.flatMap((line, index) => this._texts(line, index)));
  }

  _doubtful(line) {
    return wordsOf(line).flatMap((word) => {
      const level = levelOf(word.confidence, this.threshold);
      return level === "sure" ? [] : [polygonMark(word.polygon, `doubtful ${level}`)];
    });
  }

  _texts(line, index) {
    return wordsOf(line).map((word, number) => {
      const { x, y, width, height, angle } = placeOf(word.polygon);
      const span = document.createElement("span");
      span.textContent = word.text;
      span.dataset.line = index;
      span.dataset.word = number;
      const size = Math.max(height * 0.8, 1);
      pen.font = `${size}px sans-serif`;
      const natural = pen.measureText(word.text).width || 1;
      Object.assign(span.style, {
        left: `${x}px`,
        top: `${y}px`,
        height: `${height}px`,
        lineHeight: `${height}px`,
        fontSize: `${size}px`,
        transform: `rotate(${angle}rad) scaleX(${width / natural})`,
      });
      return span;
    });
  }

  /** Sets the zoom: "width", "page" or a number; a point of the window stays where it is. */
  setZoom(zoom, at = null) {
    if (!this.page) return;
    const view = this.scroller.getBoundingClientRect();
    const [x, y] = at ? [at[0] - view.left, at[1] - view.top] : [view.width / 2, view.height / 2];
    const before = this.scale;
    const sheet = this.sheet.getBoundingClientRect();
    const [px, py] = [(view.left + x - sheet.left) / before, (view.top + y - sheet.top) / before];
    this.zoom = typeof zoom === "number" ? Math.min(LARGEST, Math.max(SMALLEST, zoom)) : zoom;
    this._resize();
    const after = this.sheet.getBoundingClientRect();
    this.scroller.scrollBy({
      left: after.left + px * this.scale - (view.left + x),
      top: after.top + py * this.scale - (view.top + y),
      behavior: "instant",
    });
  }

  /** Makes the picture larger or smaller by a factor. */
  zoomBy(factor, at = null) {
    this.setZoom(this.scale * factor, at);
  }

  _resize() {
    if (!this.page || !this.layer) return;
    const { width, height, rotation = 0 } = this.page;
    const [across, down] = rotation % 180 ? [height, width] : [width, height];
    const room = [this.scroller.clientWidth - 24, this.scroller.clientHeight - 24];
    if (room[0] < 10) return; // it is not shown
    const wide = room[0] / across;
    if (this.zoom === "width") this.scale = Math.min(wide, 2);
    else if (this.zoom === "page") this.scale = Math.min(wide, room[1] / down, 2);
    else this.scale = this.zoom;
    const s = this.scale;
    const turned = {
      0: [s, 0, 0, s, 0, 0],
      90: [0, s, -s, 0, height * s, 0],
      180: [-s, 0, 0, -s, width * s, height * s],
      270: [0, -s, s, 0, 0, width * s],
    }[rotation];
    this.sheet.style.width = `${across * s}px`;
    this.sheet.style.height = `${down * s}px`;
    this.layer.style.transform = `matrix(${turned.join(",")})`;
    this.layer.style.setProperty("--pixel", `${1 / s}px`);
    this.dispatchEvent(new CustomEvent("zoom", { detail: s }));
  }

  /** Lights up what is pointed at. */
  hover(line, word = null) {
    this.marks.forEach((mark, index) => mark.classList.toggle("hot", index === line));
    const polygon =
      line === null || word === null || !this.page?.lines[line]
        ? null
        : wordsOf(this.page.lines[line])[word]?.polygon;
    this.wordMark?.setAttribute("points", pointsOf(polygon || []));
  }

  /** Keeps a line lit, and brings it into sight. */
  pick(line, scroll = true) {
    this.marks.forEach((mark, index) => mark.classList.toggle("picked", index === line));
    if (scroll && line !== null) this._reveal(line);
  }

  _reveal(line) {
    const mark = this.marks[line];
    if (!mark || !this.scroller.clientWidth) return;
    const view = this.scroller.getBoundingClientRect();
    const box = mark.getBoundingClientRect();
    const left = box.left - view.left;
    const top = box.top - view.top;
    const move = { left: 0, top: 0, behavior: "smooth" };
    if (top < 40 || box.bottom > view.bottom - 40) move.top = top - view.height / 3;
    if (left < 0) move.left = left - 20;
    else if (box.right > view.right) move.left = Math.min(left - 20, box.right - view.right + 20);
    this.scroller.scrollBy(move);
  }

  /** A piece of the picture around a word or line, to look at while it is corrected. */
  crop(line, word, canvas) {
    const item = word === null ? this.page.lines[line] : wordsOf(this.page.lines[line])[word];
    if (!item || !this.image?.naturalWidth) return false;
    const { rotation = 0, width } = this.page;
    const [left, top, right, bottom] = boxOf(item.polygon);
    const across = rotation % 180 ? bottom - top : right - left;
    const down = rotation % 180 ? right - left : bottom - top;
    const margin = down * 0.4;
    const beside = down * (word === null ? 0.4 : 2); // a word is easier to read among others
    const ratio = window.devicePixelRatio || 1;
    const most = Math.min(440, window.innerWidth - 48);
    const scale = Math.min(48 / (down + 2 * margin), most / (across + 2 * beside));
    const size = [(across + 2 * beside) * scale, (down + 2 * margin) * scale];
    canvas.width = Math.round(size[0] * ratio);
    canvas.height = Math.round(size[1] * ratio);
    canvas.style.width = `${size[0]}px`;
    canvas.style.height = `${size[1]}px`;
    const context = canvas.getContext("2d");
    const preview = this.image.naturalWidth / width;
    context.translate(canvas.width / 2, canvas.height / 2);
    context.rotate((rotation * Math.PI) / 180);
    context.scale((scale * ratio) / preview, (scale * ratio) / preview);
    context.translate((-(left + right) / 2) * preview, (-(top + bottom) / 2) * preview);
    context.drawImage(this.image, 0, 0);
    if (word !== null) {
      context.fillStyle = "#f2b63240";
      context.fillRect(
        left * preview,
        top * preview,
        (right - left) * preview,
        (bottom - top) * preview,
      );
    }
    return true;
  }

  _listen() {
    const send = (type, target) => {
      const found = target?.closest?.("[data-line]");
      const line = found ? Number(found.dataset.line) : null;
      const word = found?.dataset.word === undefined ? null : Number(found.dataset.word);
      this.dispatchEvent(new CustomEvent(type, { detail: { line, word } }));
    };
    this.sheet.addEventListener("pointerover", (event) => send("hover", event.target));
    this.sheet.addEventListener("pointerleave", () => send("hover", null));
    this.sheet.addEventListener("click", (event) => {
      if (getSelection().isCollapsed) send("pick", event.target);
    });
    this.scroller.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoomBy(Math.exp(-event.deltaY / 300), [event.clientX, event.clientY]);
      },
      { passive: false },
    );
    this.scroller.addEventListener("copy", (event) => this._copy(event));
    this._pinch();
  }

  /** Two fingers zoom; one scrolls, which the browser does. */
  _pinch() {
    let last = 0;
    const spread = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    const middle = ([a, b]) => [(a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2];
    this.scroller.addEventListener("touchstart", (event) => {
      last = event.touches.length === 2 ? spread(event.touches) : 0;
    });
    this.scroller.addEventListener(
      "touchmove",
      (event) => {
        if (event.touches.length !== 2 || !last) return;
        event.preventDefault();
        const now = spread(event.touches);
        this.zoomBy(now / last, middle(event.touches));
        last = now;
      },
      { passive: false },
    );
  }

  /** What is selected in the picture, with its spaces and line ends. */
  _copy(event) {
    const selection = getSelection();
    if (selection.isCollapsed || !this.texts) return;
    const range = selection.getRangeAt(0);
    let text = "";
    let previous = null;
    for (const span of this.texts.children) {
      if (!range.intersectsNode(span)) continue;
      const node = span.firstChild;
      if (!node) continue;
      const from = range.startContainer === node ? range.startOffset : 0;
      const to = range.endContainer === node ? range.endOffset : node.length;
      const part = node.data.slice(from, to);
      if (!part) continue;
      const line = this.page.lines[span.dataset.line];
      if (previous) {
        const sameRow = line === previous || (line.row != null && line.row === previous.row);
        text += sameRow ? " " : "\n";
      }
      text += part;
      previous = line;
    }
    if (!text) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  }
}

function polygonMark(polygon, kind) {
  const mark = document.createElementNS(SVG, "polygon");
  mark.setAttribute("points", pointsOf(polygon));
  mark.setAttribute("class", kind);
  return mark;
}

function pointsOf(polygon) {
  return polygon.map((point) => point.join(",")).join(" ");
}
