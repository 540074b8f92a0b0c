# SPDX-License-Identifier: Apache-2.0
"""The nets of a server: loaded once, shared by all requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.languages import AUTO, check_installed
from ocr_pipeline.line_by_line import LineByLine
from ocr_pipeline.options import RunOptions
from ocr_pipeline.pipeline import (
    DetectorLike,
    Pipeline,
    RecognizerLike,
    check_devices,
    load_detector,
    load_recognizer,
)


class Models:
    """Detectors and recognizers by name; the first of each is taken unless a request says more.

    Args:
        options: how pages are read where a request does not say otherwise.
        detectors: by name, in order.
        recognizers: by name, in order.
        headers: what the weights files say of the nets, by name.
    """

    def __init__(
        self,
        options: RunOptions,
        detectors: Mapping[str, DetectorLike],
        recognizers: Mapping[str, RecognizerLike],
        headers: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.options = options
        self.detectors = dict(detectors)
        self.recognizers = dict(recognizers)
        self.headers = dict(headers or {})

    @classmethod
    def load(
        cls, options: RunOptions, detectors: Sequence[str] = (), recognizers: Sequence[str] = ()
    ) -> Models:
        """Loads nets.

        Args:
            options: devices, decoding and defaults.
            detectors, recognizers: bundled names or files; those of the options when empty.

        Raises:
            DeviceError: if a device or precision is not there.
            WeightsError: if weights are missing or damaged.
            UsageError: if two files have the same name.
        """
        from ocr_pipeline.core.weights import find_weights, read_header

        detectors = detectors or (options.detector,)
        by_line = not recognizers and options.recognizer is None and options.lang == AUTO
        if not recognizers and options.recognizer is None:
            check_installed(options.lang)
        recognizers = recognizers or options.recognizers
        check_devices(options)
        found: dict[str, DetectorLike] = {}
        read: dict[str, RecognizerLike] = {}
        headers = {}
        for name in dict.fromkeys(detectors):
            short = _short(name, found, "detector")
            found[short] = load_detector(replace(options, detector=name))
            headers[short] = read_header(find_weights(name, "detector"))
        for name in dict.fromkeys(recognizers):
            short = _short(name, read, "recognizer")
            read[short] = load_recognizer(replace(options, recognizer=name))
            headers[short] = read_header(find_weights(name, "recognizer"))
        if by_line:  # the first is taken where a request says nothing; the others can be named
            read = {AUTO: LineByLine(*read.values()), **read}
        return cls(options, found, read, headers)

    def pipeline(self, options: RunOptions) -> Pipeline:
        """A pipeline of nets that are loaded, for a request's own options.

        Raises:
            UsageError: if a net is named that is not there.
        """
        detector = _pick(self.detectors, options.detector, "detector")
        name = options.recognizer or next(iter(self.recognizers))
        recognizer = _pick(self.recognizers, name, "recognizer")
        # The number of threads belongs to the process, and was set when the nets were loaded.
        return Pipeline(replace(options, threads=0), detector=detector, recognizer=recognizer)

    def defaults(self) -> RunOptions:
        """The options of a request that says nothing."""
        return replace(
            self.options,
            detector=next(iter(self.detectors)),
            recognizer=next(iter(self.recognizers)),
        )

    def describe(self) -> dict[str, Any]:
        """What clients may know of the nets, the first of each kind being the usual one."""
        return {
            "detectors": [self._describe(name) for name in self.detectors],
            "recognizers": [self._describe(name) for name in self.recognizers],
        }

    def _describe(self, name: str) -> dict[str, Any]:
        header = self.headers.get(name, {})
        facts = {
            key: header.get(key) for key in ("architecture", "trained_on", "licence", "metrics")
        }
        if header.get("alphabet"):
            facts["characters"] = len(header["alphabet"])
        return {"name": name, **{key: value for key, value in facts.items() if value}}


def _pick(nets: Mapping[str, Any], name: str, kind: str) -> Any:
    try:
        return nets[name]
    except KeyError:
        raise UsageError(f"--{kind} {name!r}: there is {', '.join(nets)}") from None


def _short(name: str, nets: Mapping[str, Any], kind: str) -> str:
    """What requests call a net: its bundled name, or its file's without folder and suffix."""
    short = Path(name).stem if Path(name).suffix else name
    if short in nets:
        raise UsageError(f"--{kind} {name}: there is another one called {short}")
    return short
