// SPDX-License-Identifier: Apache-2.0
// The document tree: its text, where words stand, and how corrections change it. Pages and lines
// are never changed in place, so that what was can be put back.

/** The text of a page: lines in reading order, those of one row side by side. */
export function pageText(page) {
  return rows(page)
    .map((row) => row.map((index) => page.lines[index].text).join(" "))
    .join("\n");
}

/** Indices of the lines of a page, row by row. */
export function rows(page) {
  const found = [];
  let previous = null;
  page.lines.forEach((line, index) => {
    const row = line.row ?? null;
    if (found.length && row !== null && row === previous) found[found.length - 1].push(index);
    else found.push([index]);
    previous = row;
  });
  return found;
}

/** The words of a line; a line that was not taken apart is one word. */
export function wordsOf(line) {
  if (line.words && line.words.length) return line.words;
  return [{ text: line.text, polygon: line.polygon, confidence: line.confidence, chars: [] }];
}

/** How sure a reading is: "sure", "doubt" or "poor". */
export function levelOf(confidence, threshold) {
  if (confidence >= threshold) return "sure";
  return confidence >= threshold * 0.6 ? "doubt" : "poor";
}

/** Doubtful words of pages in reading order: [page, line, word]. */
export function doubtsIn(pages, threshold) {
  const found = [];
  for (const page of pages) {
    page.lines.forEach((line, index) => {
      wordsOf(line).forEach((word, at) => {
        if (levelOf(word.confidence, threshold) !== "sure") found.push([page.number, index, at]);
      });
    });
  }
  return found;
}

/** Where a polygon's text stands: its first corner, sides and turn in radians. */
export function placeOf(polygon) {
  const [start, end] = polygon;
  const below = polygon[polygon.length - 1];
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  return {
    x: start[0],
    y: start[1],
    width: Math.hypot(dx, dy),
    height: Math.hypot(below[0] - start[0], below[1] - start[1]),
    angle: Math.atan2(dy, dx),
  };
}

/** The box around points: [left, top, right, bottom]. */
export function boxOf(points) {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/**
 * A page in which words of a line are replaced by what was typed. As many words as before keep
 * their places; otherwise the new ones share the room by their lengths. No words: none are left,
 * and a line without words goes.
 */
export function correct(page, lineIndex, first, count, text) {
  const line = page.lines[lineIndex];
  const words = wordsOf(line);
  const typed = text.trim().split(/\s+/u).filter(Boolean);
  const old = words.slice(first, first + count);
  const fresh = align(old, typed);
  const all = [...words.slice(0, first), ...fresh, ...words.slice(first + count)];
  const lines = [...page.lines];
  if (all.length) {
    const letters = all.reduce((sum, word) => sum + word.text.length, 0) || 1;
    const weighed = all.reduce((sum, word) => sum + word.confidence * word.text.length, 0);
    const confidence = Math.min(1, weighed / letters);
    lines[lineIndex] = { ...line, words: all, text: textOf(all), confidence };
  } else {
    lines.splice(lineIndex, 1);
  }
  return { ...page, lines };
}

function textOf(words) {
  return words.map((word) => word.text).join(" ");
}

/** New words at the places of old ones. What is the same at both ends stays as it is. */
function align(old, typed) {
  if (old.length === typed.length) return old.map((word, i) => renamed(word, typed[i]));
  let head = 0;
  const shorter = Math.min(old.length, typed.length);
  while (head < shorter && old[head].text === typed[head]) head += 1;
  let tail = 0;
  while (
    tail < shorter - head &&
    old[old.length - 1 - tail].text === typed[typed.length - 1 - tail]
  ) {
    tail += 1;
  }
  const between = typed.slice(head, typed.length - tail);
  let room = old.slice(head, old.length - tail);
  if (!room.length && between.length) {
    // Words were put in where there is no room: a neighbour shares its own.
    if (head) between.unshift(old[(head -= 1)].text);
    else between.push(old[old.length - tail--].text);
    room = old.slice(head, old.length - tail);
  }
  const kept = (word) => renamed(word, word.text);
  return [
    ...old.slice(0, head).map(kept),
    ...share(room, between),
    ...old.slice(old.length - tail).map(kept),
  ];
}

/** A word that a person has looked at. */
function renamed(word, text) {
  if (text === word.text) return { ...word, confidence: 1 };
  return { ...word, text, confidence: 1, chars: [] };
}

function share(room, texts) {
  if (!texts.length) return [];
  const first = corners(room[0].polygon);
  const last = corners(room[room.length - 1].polygon);
  const whole = [first[0], last[1], last[2], first[3]];
  const total = texts.reduce((sum, text) => sum + text.length, texts.length - 1);
  let start = 0;
  return texts.map((text) => {
    const polygon = slice(whole, start / total, (start + text.length) / total);
    start += text.length + 1;
    return { text, polygon, confidence: 1, chars: [] };
  });
}

function corners(polygon) {
  if (polygon.length === 4) return polygon;
  const [left, top, right, bottom] = boxOf(polygon);
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

function slice([a, b, c, d], from, to) {
  const at = (p, q, t) => [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
  const round = (point) => point.map((value) => Math.round(value * 100) / 100);
  return [at(a, b, from), at(a, b, to), at(d, c, to), at(d, c, from)].map(round);
}
