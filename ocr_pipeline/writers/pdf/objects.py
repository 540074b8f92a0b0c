# SPDX-License-Identifier: Apache-2.0
"""The objects of PDF, and a file of them that is written from its beginning to its end."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

# 1.7 knows everything that is used here, and is what PDF/A-2 is made of. The comment of high bytes
# tells programs that move files that this is not text.
HEAD = b"%PDF-1.7\n%\xc7\xe3\xcf\xd3\n"
_ODD_IN_NAMES = re.compile(rb"[^!-~]|[#()<>\[\]{}/%]")


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an object of the file."""

    number: int


class Store(Protocol):
    """Takes the objects of a file. Dictionaries have plain strings for keys."""

    def reserve(self) -> Any:
        """A reference to an object that is added later."""

    def add(self, entries: Mapping[str, Any], data: bytes | None = None, at: Any = None) -> Any:
        """Adds a dictionary, or a stream where there are data, and gives a reference to it.

        Args:
            entries: of the dictionary; those of a stream say how its data are coded.
            data: coded as ``entries`` say.
            at: a reserved reference.
        """


def add_compressed(store: Store, entries: Mapping[str, Any], data: bytes) -> Any:
    """Adds a stream whose data are to be compressed."""
    return store.add({**entries, "Filter": Name("FlateDecode")}, zlib.compress(data))


def serialize(value: Any) -> bytes:
    """A value as PDF writes it.

    Text becomes a text string, bytes a string of bytes, :class:`Name` a name.

    Example:
        >>> serialize({"Size": [1, 2.50], "Type": Name("Page"), "At": Ref(3)})
        b'<</Size [1 2.5] /Type /Page /At 3 0 R>>'
    """
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, float):
        return number(value, 5).encode("ascii")
    if isinstance(value, Name):
        escaped = _ODD_IN_NAMES.sub(lambda odd: b"#%02X" % odd[0][0], value.encode("utf-8"))
        return b"/" + escaped
    if isinstance(value, str):
        return b"<%s>" % text_string(value).hex().upper().encode("ascii")
    if isinstance(value, bytes):
        return b"<%s>" % value.hex().upper().encode("ascii")
    if isinstance(value, Ref):
        return b"%d 0 R" % value.number
    if isinstance(value, Mapping):
        entries = (serialize(Name(key)) + b" " + serialize(item) for key, item in value.items())
        return b"<<%s>>" % b" ".join(entries)
    if isinstance(value, Sequence):
        return b"[%s]" % b" ".join(map(serialize, value))
    raise TypeError(f"not an object of PDF: {value!r}")


def text_string(text: str) -> bytes:
    """Text as PDF codes it outside of pages."""
    if text.isascii():
        return text.encode("ascii")
    return b"\xfe\xff" + text.encode("utf-16-be", "replace")


def number(value: float, digits: int = 2) -> str:
    """A number as PDF writes it: no exponent, no zeros at the end."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class PdfFile:
    """A PDF file written object by object, none of which is kept in memory.

    Args:
        out: where to; it is never read nor gone back in.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._place = 0
        self._places: list[int] = []  # of objects 1, 2, ...; 0 for what is not there yet
        self._digest = hashlib.sha256()
        self._write(HEAD)

    def reserve(self) -> Ref:
        """See :class:`Store`."""
        self._places.append(0)
        return Ref(len(self._places))

    def add(
        self, entries: Mapping[str, Any], data: bytes | None = None, at: Ref | None = None
    ) -> Ref:
        """See :class:`Store`."""
        ref = at or self.reserve()
        self._places[ref.number - 1] = self._place
        if data is not None:
            entries = {**entries, "Length": len(data)}
        self._write(b"%d 0 obj\n%s\n" % (ref.number, serialize(entries)))
        if data is not None:
            self._write(b"stream\n")
            self._write(data)
            self._write(b"\nendstream\n")
        self._write(b"endobj\n")
        return ref

    def finish(self, root: Ref, info: Ref) -> None:
        """Writes the table of the objects. The file's identifier is a digest of all of it."""
        start = self._place
        rows = [b"%010d 65535 f \n" % 0, *(b"%010d 00000 n \n" % place for place in self._places)]
        self._write(b"xref\n0 %d\n%s" % (len(rows), b"".join(rows)))
        identifier = self._digest.digest()[:16]
        trailer = {"Size": len(rows), "Root": root, "Info": info, "ID": [identifier, identifier]}
        self._write(b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (serialize(trailer), start))

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._place += len(data)
