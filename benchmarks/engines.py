# SPDX-License-Identifier: Apache-2.0
"""The engines that ``peers.py`` compares, each run in a process of its own.

    python benchmarks/engines.py NAME '{"threads": 2}'

reads requests and writes answers, a line of JSON each: ``{"image": "page.png", "kind": "page"}``
gives the lines that were read and the seconds it took; ``{"peak": true}`` the greatest memory so
far. Kinds are ``page``, ``line`` and ``word``.
"""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

Line = dict[str, Any]  # text, and quad: four points in pixels
Read = tuple[list[Line], float]

_MB = 1024 * 1024 if sys.platform == "darwin" else 1024  # in units of ru_maxrss


def installed(name: str) -> bool:
    """Whether an engine can be run here."""
    if name == "tesseract":
        return shutil.which("tesseract") is not None
    package = {"rapidocr": "rapidocr"}.get(name, "ocr_pipeline")
    return importlib.util.find_spec(package) is not None


class Ours:
    """This project with its default models, loaded before the first image.

    Args:
        threads: of the nets.
        backend: what runs them.
    """

    def __init__(self, threads: int, backend: str = "auto") -> None:
        from ocr_pipeline.batch.worker import load_pipeline
        from ocr_pipeline.options import RunOptions
        from ocr_pipeline.pipeline import Pipeline

        options: Any = {"threads": threads, "backend": backend}
        self.pages: Any = load_pipeline(RunOptions(**options))  # as ocr run does
        self.crops = Pipeline(RunOptions(**options, detect=False), recognizer=self.pages.recognizer)
        runs = [x.session.description for x in (self.pages.detector, self.pages.recognizer)]
        version = importlib.metadata.version("ocr-pipeline")
        self.version = f"ocr-pipeline {version} ({', '.join(runs)})"

    def read(self, image: str, kind: str, setting: str) -> Read:
        """Lines in reading order, and seconds."""
        pipeline = self.pages if kind == "page" else self.crops
        started = time.perf_counter()
        page = pipeline.read(image).pages[0]
        seconds = time.perf_counter() - started
        return [{"text": x.text, "quad": x.polygon, "row": x.row} for x in page.lines], seconds

    def peak(self) -> float:
        """Greatest memory in MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB


class RapidOcr:
    """RapidOCR with the models and settings that it comes with.

    Args:
        threads: of the nets.
    """

    def __init__(self, threads: int, **_: Any) -> None:
        from rapidocr import RapidOCR

        runtime = "EngineConfig.onnxruntime."
        self.engine = RapidOCR(
            params={
                "Global.log_level": "error",
                f"{runtime}intra_op_num_threads": threads,
                f"{runtime}inter_op_num_threads": 1,
            }
        )
        names = ("rapidocr", "onnxruntime")
        versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
        models = Path(str(importlib.util.find_spec("rapidocr").origin)).parent / "models"  # type: ignore[union-attr]
        found = sorted(path.stem for path in models.glob("*.onnx"))
        self.version = f"{', '.join(versions)} ({', '.join(found)})"

    def read(self, image: str, kind: str, setting: str) -> Read:
        """Lines in the order in which it gives them, and seconds."""
        started = time.perf_counter()
        if kind == "page":
            # Said each time: it keeps what it was told last.
            result = self.engine(image, use_det=True, use_cls=True, use_rec=True)
        else:
            result = self.engine(image, use_det=False, use_cls=False, use_rec=True)
        seconds = time.perf_counter() - started
        texts = getattr(result, "txts", None) or ()
        boxes = getattr(result, "boxes", None)
        if boxes is None:
            return [{"text": text, "quad": None} for text in texts], seconds
        pairs = zip(texts, boxes, strict=True)
        return [{"text": text, "quad": box.tolist()} for text, box in pairs], seconds

    peak = Ours.peak


class Tesseract:
    """The ``tesseract`` program, started for each image, with OMP_THREAD_LIMIT=1.

    With more threads it takes longer: they spin against each other. Its seconds are less those of
    a blank image of a few pixels, timed right after: what a start and loading the model take.
    """

    def __init__(self, language: str = "eng", **_: Any) -> None:
        self.language = language
        self.folder = Path(tempfile.mkdtemp(prefix="peers-"))
        self.blank = self.folder / "blank.png"
        from PIL import Image

        Image.new("L", (64, 32), 255).save(self.blank)
        done = subprocess.run(["tesseract", "--version"], capture_output=True, text=True)
        self.version = (done.stdout or done.stderr).splitlines()[0]
        self.greatest = 0.0

    def read(self, image: str, kind: str, setting: str) -> Read:
        """Lines in its order, and seconds.

        Args:
            image: file.
            kind: page, line or word.
            setting: page mode, with ``x2`` after it for an image of twice the size: ``6x2``.
        """
        mode, _, times = setting.partition("x")
        mode = {"line": "7", "word": "8"}.get(kind, mode or "3")
        scale = int(times or 1)
        path = self._scaled(image, scale) if scale > 1 else image
        rows, seconds = self._run(path, mode)
        _, start = self._run(str(self.blank), mode)
        lines: dict[tuple[str, ...], Line] = {}
        for row in rows:
            key = tuple(row[name] for name in ("block_num", "par_num", "line_num"))
            x, y, w, h = (int(row[name]) / scale for name in ("left", "top", "width", "height"))
            if row["level"] == "4":
                quad = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
                lines[key] = {"text": "", "quad": quad}
            elif row["level"] == "5" and row["text"].strip():
                lines[key]["text"] = f"{lines[key]['text']} {row['text'].strip()}".strip()
        return [x for x in lines.values() if x["text"]], max(seconds - start, 1e-3)

    def _scaled(self, image: str, scale: int) -> str:
        from PIL import Image

        with Image.open(image) as opened:
            picture = opened.convert("L")
        size = picture.width * scale, picture.height * scale
        path = self.folder / "scaled.png"
        picture.resize(size, Image.Resampling.BICUBIC).save(path, compress_level=1)
        return str(path)

    def _run(self, image: str, mode: str) -> tuple[list[dict[str, str]], float]:
        command = ["tesseract", image, "stdout", "-l", self.language, "--psm", mode, "tsv"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, env=environment)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace").strip())
        text = done.stdout.decode(errors="replace")
        return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=3)), seconds

    def peak(self) -> float:
        """Greatest memory of a run in MB."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _MB


ENGINES: dict[str, Any] = {"ours": Ours, "tesseract": Tesseract, "rapidocr": RapidOcr}


def main() -> None:
    """Answers requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere
    engine = ENGINES[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps({"version": engine.version}), file=answers, flush=True)
    for request in map(json.loads, sys.stdin):
        answer: dict[str, Any] = {}
        if request.get("peak"):
            answer["peak"] = engine.peak()
        else:
            try:
                read = engine.read(request["image"], request["kind"], request.get("setting", ""))
                answer["lines"], answer["seconds"] = read
            except Exception as error:  # one bad image is not the end of a comparison
                answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
