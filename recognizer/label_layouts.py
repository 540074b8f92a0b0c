# SPDX-License-Identifier: Apache-2.0
"""Writing labelled crops: the layouts of :mod:`recognizer.labels` in which a set can be stored.

=========  =====================================================================================
``jsonl``  ``images/0000004.png`` and ``labels.jsonl``: holds every label
``txt``    ``images/0000004.png`` and ``labels.txt``, ``name label`` a line
``id``     ``0000004_(1+4)*2.png``: the label stands between the first ``_`` and the first ``.``
``label``  ``aB1c_0000004.png``: the label precedes the first ``_``
``name``   ``aB1c.png``: the label is the name, so that each can be there only once
=========  =====================================================================================

A label that its layout cannot hold is left out, counted and named: never cut or replaced.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from recognizer.label_check import Finding

LAYOUTS = ("jsonl", "txt", "id", "label", "name")
_IN_NAMES = ("id", "label", "name")
# What Windows refuses in file names, and names of devices there.
_WINDOWS = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])$", re.IGNORECASE)
_LONGEST = 255  # bytes of a file name, on every common file system
#: Characters beside the separators that end or spoil a label, by layout.
_TAKEN = {"id": "_.", "label": "_", "name": ""}


@dataclass(slots=True)
class LabelWriter:
    """Stores a labelled set, image by image; :meth:`close` writes the label file.

    Attributes:
        folder: where the set goes.
        layout: one of :data:`LAYOUTS`.
        suffix: of the images, with its dot.
        windows: whether names must do on Windows too; by default whether this is Windows.
        written: images stored.
        skipped: images whose label the layout cannot hold, each with the reason.
        unportable: how many names only Windows would refuse.
    """

    folder: Path
    layout: str = "jsonl"
    suffix: str = ".png"
    windows: bool = field(default_factory=lambda: os.name == "nt")
    written: int = 0
    skipped: list[Finding] = field(default_factory=list)
    unportable: int = 0
    _rows: list[tuple[str, str]] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UsageError(f"layout {self.layout!r}: use one of {', '.join(LAYOUTS)}")

    def open(self, overwrite: bool = False) -> None:
        """Makes the folder.

        Raises:
            UsageError: if a set is there already and may not be written over.
        """
        if not overwrite and self._taken():
            raise UsageError(
                f"{self.folder} has labels or images already: choose another folder or --overwrite"
            )
        inside = self.folder if self.layout in _IN_NAMES else self.folder / "images"
        inside.mkdir(parents=True, exist_ok=True)

    def _taken(self) -> bool:
        from recognizer.labels import IMAGE_SUFFIXES

        if not self.folder.is_dir():
            return False
        labels = any((self.folder / f"labels.{kind}").exists() for kind in ("jsonl", "txt"))
        images = (file.suffix.lower() in IMAGE_SUFFIXES for file in self.folder.iterdir())
        return labels or (self.layout in _IN_NAMES and any(images))

    def add(self, index: int, text: str, data: bytes) -> bool:
        """Stores image number ``index``, encoded as ``data``; False where it is skipped."""
        from recognizer.label_check import Finding

        try:
            name = self._name(index, text)
        except DataError as error:
            self.skipped.append(Finding(f"image {index}", text, str(error)))
            return False
        write_atomic(self.folder / name, data)
        if self.layout not in _IN_NAMES:
            self._rows.append((name, text))
        self.written += 1
        return True

    def _name(self, index: int, text: str) -> str:
        """Path of an image below the folder.

        Raises:
            DataError: if the layout cannot hold the label.
        """
        if not text.strip():
            raise DataError("the label is empty")
        plain = f"{index:07d}{self.suffix}"
        if self.layout not in _IN_NAMES:
            if self.layout == "txt":
                check_line(text)
            return f"images/{plain}"
        if self.layout == "name":
            name = text + self.suffix
        else:
            name = (
                f"{text}_{plain}" if self.layout == "label" else f"{index:07d}_{text}{self.suffix}"
            )
        check_name(text, name, self.layout, self.windows)
        if self.layout == "name":
            # aB1c and Ab1C are one file where the file system does not tell the case.
            other = self._names.get(name.casefold())
            if other is not None:
                how = "the same label" if other == text else f"{other!r}, the same but for case,"
                raise DataError(f"{how} is a file there already")
            self._names[name.casefold()] = text
        if not self.windows and _WINDOWS.search(name):
            self.unportable += 1
        return name

    def close(self) -> None:
        """Writes the label file, where the layout has one."""
        if self.layout == "jsonl":
            lines = [
                json.dumps({"image": name, "text": text}, ensure_ascii=False)
                for name, text in self._rows
            ]
        elif self.layout == "txt":
            lines = [f"{name.partition('/')[2]} {text}" for name, text in self._rows]
        else:
            return
        text = "".join(line + "\n" for line in lines)
        write_atomic(self.folder / f"labels.{self.layout}", text.encode("utf-8"))


def check_line(text: str) -> None:
    """Refuses a label that a line of ``labels.txt`` cannot hold.

    Raises:
        DataError: saying why.
    """
    if "\n" in text or "\r" in text:
        raise DataError("the label has a line break, and a line of labels.txt none")
    if text != text.strip():
        raise DataError("the label begins or ends with a blank, which a line of labels.txt loses")


def check_name(text: str, name: str, layout: str, windows: bool) -> None:
    """Refuses a label that a file name of a layout cannot hold.

    Args:
        text: the label.
        name: the file's whole name.
        layout: ``id``, ``label`` or ``name``.
        windows: whether the name must do on Windows.

    Raises:
        DataError: saying why.
    """
    bad = next((c for c in text if c == "/" or ord(c) < 32), None)
    if bad is not None:
        raise DataError(f"a file name cannot hold {bad!r}")
    taken = next((c for c in text if c in _TAKEN[layout]), None)
    if taken is not None:
        raise DataError(f"in a name of the layout {layout!r}, {taken!r} ends the label")
    if layout != "id" and text.startswith("."):
        raise DataError("a file name that begins with a dot is hidden")
    if len(os.fsencode(name)) > _LONGEST:
        raise DataError(f"a file name holds at most {_LONGEST} bytes")
    if not windows:
        return
    refused = _WINDOWS.search(text)
    if refused:
        raise DataError(f"a file name cannot hold {refused[0]!r} on Windows")
    if layout == "name" and _DEVICES.match(text):
        raise DataError("the label is the name of a device on Windows")
