# SPDX-License-Identifier: Apache-2.0
"""Text and elements as XML 1.0 allows them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

# What is no character of XML 1.0: most control characters, lone surrogates, two noncharacters.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Text with U+FFFD for each character that XML cannot hold, and line feeds alone as ends."""
    return _ILLEGAL.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


def escape(text: str) -> str:
    """Text as it stands between tags or in quotes; tabs and line feeds survive in both."""
    return html.escape(clean(text)).replace("\n", "&#10;").replace("\t", "&#9;")


def number(value: float, digits: int = 4) -> str:
    """A number without an exponent and without trailing zeros."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def element(
    tag: str, attributes: Mapping[str, str | int | float | None], *children: Element
) -> Element:
    """An element; attributes that are None are left out, numbers get four digits."""
    node = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name, value if isinstance(value, str) else number(value))
    node.extend(children)
    return node


def leaf(tag: str, text: str) -> Element:
    """An element that holds text alone."""
    node = Element(tag)
    node.text = text
    return node


def serialise(node: Element, level: int = 0) -> str:
    """An element with its children on lines of their own.

    Done here because ``ElementTree.tostring`` knows nothing of characters that XML cannot hold.

    Args:
        node: without namespaces; those of the file stand in its first tag.
        level: depth at which the element stands in the file.
    """
    lines: list[str] = []
    _write(node, " " * level, lines)
    return "".join(lines)


def _write(node: Element, indent: str, lines: list[str]) -> None:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.items())
    opening = f"{indent}<{node.tag}{attributes}"
    if len(node):
        lines.append(f"{opening}>\n")
        for child in node:
            _write(child, indent + " ", lines)
        lines.append(f"{indent}</{node.tag}>\n")
    elif node.text:
        lines.append(f"{opening}>{escape(node.text)}</{node.tag}>\n")
    else:
        lines.append(f"{opening}/>\n")
