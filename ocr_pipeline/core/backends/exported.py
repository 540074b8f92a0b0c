# SPDX-License-Identifier: Apache-2.0
"""Headers of exported files, read without the libraries that made them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

from ocr_pipeline.core.backends.graph import HEADER_KEY
from ocr_pipeline.core.errors import WeightsError

SUFFIXES = (".onnx", ".xml")
_METADATA = 14  # field of ONNX's ModelProto
_KEY, _VALUE = 1, 2  # fields of its entries


def read_exported_header(path: Path) -> dict[str, Any]:
    """The header in an exported file's metadata.

    Args:
        path: ``.onnx``, or the ``.xml`` of an OpenVINO model.

    Raises:
        WeightsError: if the file is missing, damaged, or made by another program.
    """
    try:
        text = _from_onnx(path) if path.suffix == ".onnx" else _from_xml(path)
        header = json.loads(text) if text is not None else None
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise WeightsError(f"{path}: damaged ({error})") from error
    if not isinstance(header, dict):
        raise WeightsError(f"{path}: not a model that ocr export wrote")
    return header


def _from_xml(path: Path) -> str | None:
    node = ElementTree.parse(path).find(f"rt_info/{HEADER_KEY}")
    return None if node is None else node.get("value")


def _from_onnx(path: Path) -> str | None:
    """Walks over the fields of the protobuf message; the graph itself is skipped unread."""
    with path.open("rb") as file:
        size = path.stat().st_size
        while file.tell() < size:
            field, content = _field(file, size, only=_METADATA)
            if field == _METADATA:
                entry = _entry(content)
                if entry.get(_KEY) == HEADER_KEY.encode():
                    return entry.get(_VALUE, b"").decode()
    return None


def _field(file: BinaryIO, end: int, only: int | None = None) -> tuple[int, bytes]:
    """The next field's number and bytes (none where another field than ``only`` is skipped).

    Raises:
        ValueError: if this is no protobuf message.
    """
    tag = _varint(file)
    field, kind = tag >> 3, tag & 7
    if kind == 0:
        _varint(file)
        return field, b""
    if kind not in (1, 2, 5):
        raise ValueError("not an ONNX file")
    length = _varint(file) if kind == 2 else {1: 8, 5: 4}[kind]
    if file.tell() + length > end:
        raise ValueError("cut short")
    if only is not None and field != only:
        file.seek(length, 1)
        return field, b""
    return field, file.read(length)


def _entry(content: bytes) -> dict[int, bytes]:
    import io

    file, fields = io.BytesIO(content), {}
    while file.tell() < len(content):
        field, value = _field(file, len(content))
        fields[field] = value
    return fields


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("cut short")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("not an ONNX file")
