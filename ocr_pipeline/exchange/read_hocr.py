# SPDX-License-Identifier: Apache-2.0
"""hOCR to the document tree, from this program or any other that writes it.

Read as HTML rather than XML: not every program closes its tags or declares its entities.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ocr_pipeline.core.document import Char, Document, Line, Page, Polygon, Word
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.interchange.parse import (
    box_polygon,
    extent,
    mean_confidence,
    number,
    numbers,
    points,
    share,
)

_KINDS = {
    "ocr_page": "page",
    "ocr_carea": "block",
    "ocr_par": "paragraph",
    "ocr_line": "line",
    "ocrx_line": "line",
    "ocr_header": "line",
    "ocr_footer": "line",
    "ocr_caption": "line",
    "ocr_textfloat": "line",
    "ocrx_word": "word",
    "ocr_word": "word",
    "ocrx_cinfo": "char",
    "ocr_cinfo": "char",
}
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta"}
_IMAGE = re.compile(r'\bimage\s+"(.*?)"\s*(?:;|$)|\bimage\s+([^;"]+)', re.DOTALL)


@dataclass(slots=True)
class _Node:
    """An element of a class of interest; ``texts`` are what stands in it, its nodes' included."""

    kind: str
    title: str = ""
    nodes: list[_Node] = field(default_factory=list)
    texts: list[str | _Node] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.texts)

    def value(self, name: str) -> str | None:
        """The rest of the property of a name, as it stands in the title."""
        found = re.search(rf"(?:^|;)\s*{name}\s+([^;]*)", self.title)
        return found.group(1) if found else None

    def numbers(self, name: str) -> list[float]:
        return numbers(self.value(name) or "")


class _Parser(HTMLParser):
    """Builds the tree of nodes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("root")
        self.open: list[tuple[str, _Node]] = [("", self.root)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        kinds = [_KINDS[name] for name in (values.get("class") or "").split() if name in _KINDS]
        parent = self.open[-1][1]
        if kinds:
            node = _Node(kinds[0], values.get("title") or "")
            parent.nodes.append(node)
            parent.texts.append(node)
            self.open.append((tag, node))
        else:
            self.open.append((tag, parent))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self.open]
        if tag in names:
            last = len(names) - 1 - names[::-1].index(tag)
            del self.open[last:]

    def handle_data(self, data: str) -> None:
        self.open[-1][1].texts.append(data)


def from_hocr(data: bytes) -> Document:
    """Reads an hOCR file.

    Lost are what it does not hold: detection scores, visual rows, the skew of pages, and the
    digits of confidences beyond whole percents.

    Raises:
        DataError: if it holds no ``ocr_page``.
    """
    parser = _Parser()
    parser.feed(data.decode("utf-8", errors="replace"))
    parser.close()
    pages = [node for node in _descend(parser.root) if node.kind == "page"]
    if not pages:
        raise DataError("not hOCR: there is no element of class ocr_page")
    sources = [_image(node.title) for node in pages]
    try:
        built = tuple(_page(node, index) for index, node in enumerate(pages, 1))
    except RecursionError as error:
        raise DataError("not hOCR: its elements are nested too deeply") from error
    return Document(sources[0][0], built)


def _descend(node: _Node) -> list[_Node]:
    """All nodes below one, in their order."""
    found: list[_Node] = []
    stack = node.nodes[::-1]
    while stack:
        top = stack.pop()
        found.append(top)
        stack.extend(top.nodes[::-1])
    return found


def _image(title: str) -> tuple[str, str]:
    """The image's name in a page's title, and the title without it."""
    found = _IMAGE.search(title)
    if found is None:
        return "", title
    quoted = found.group(1)
    name = quoted.replace('\\"', '"') if quoted is not None else found.group(2).strip()
    return name, title[: found.start()] + title[found.end() :]


def _page(node: _Node, index: int) -> Page:
    node.title = _image(node.title)[1].strip()
    lines: list[Line] = []
    turns: Counter[int] = Counter()
    for child, block, paragraph in _lines(node):
        turn = round(number(child.value("textangle"), 0) / 90) % 4 * 90
        lines.append(_line(child, turn, block, paragraph))
        turns[turn] += len(lines[-1].text)
    box = node.numbers("bbox")
    width, height = extent(line.polygon for line in lines)
    if len(box) >= 4:
        width, height = round(box[2] - box[0]), round(box[3] - box[1])
    dpi = node.numbers("scan_res")
    page_number = round(number(node.value("ppageno"), index - 1)) + 1
    rotation = turns.most_common(1)[0][0] if turns else 0
    return Page(
        page_number,
        width,
        height,
        tuple(lines),
        dpi[0] if dpi and dpi[0] > 0 else None,
        rotation=rotation,
    )


def _lines(page: _Node) -> Iterator[tuple[_Node, int | None, int | None]]:
    """Lines of a page with the numbers of their block and paragraph.

    Those without lines are not counted; a word outside any line is a line of its own.
    """
    numbers: dict[str, dict[int, int]] = {"block": {}, "paragraph": {}}

    def walk(node: _Node, inside: dict[str, int]) -> Iterator[tuple[_Node, int | None, int | None]]:
        for child in node.nodes:
            if child.kind in numbers:
                yield from walk(child, {**inside, child.kind: id(child)})
            elif child.kind == "line" and any(part.kind == "line" for part in child.nodes):
                yield from walk(child, inside)
            elif child.kind in ("line", "word"):
                block, paragraph = (
                    seen.setdefault(inside[kind], len(seen)) if kind in inside else None
                    for kind, seen in numbers.items()
                )
                line = child if child.kind == "line" else _Node("line", child.title, [], [child])
                yield line, block, paragraph

    return walk(page, {})


def _line(node: _Node, turn: int, block: int | None, paragraph: int | None) -> Line:
    words: list[Word] = []
    text = ""
    for part in node.texts:
        if isinstance(part, str):
            text += " " if part.isspace() else part
            continue
        word = _word(part, turn)
        if part.kind == "word" and word.text:
            words.append(word)
        text += word.text
    text = " ".join(text.split())
    stated = node.numbers("x_wconf")
    confidence = share(stated[0] / 100) if stated else mean_confidence(words)
    return Line(
        text,
        _polygon(node, turn),
        confidence,
        words=tuple(words),
        block=block,
        paragraph=paragraph,
    )


def _word(node: _Node, turn: int) -> Word:
    chars = tuple(
        Char(
            child.text,
            _box(child.numbers("x_bboxes") or child.numbers("bbox"), turn),
            share(number(child.value("x_conf"), 100) / 100),
        )
        for child in node.nodes
        if child.kind == "char" and child.text
    )
    confidence = share(number(node.value("x_wconf"), 100) / 100)
    return Word(node.text.strip(), _polygon(node, turn), confidence, chars)


def _polygon(node: _Node, turn: int) -> Polygon:
    return points(node.value("poly") or "") or _box(node.numbers("bbox"), turn)


def _box(edges: list[float], turn: int) -> Polygon:
    if len(edges) < 4:
        return ()
    return box_polygon(edges[0], edges[1], edges[2], edges[3], turn)
