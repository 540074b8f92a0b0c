# SPDX-License-Identifier: Apache-2.0
"""Who may import whom, and how long a file may be."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ocr_pipeline", "detector", "recognizer")
MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
# Commands that train or measure a stage, or check or render its data, are its own: they alone may
# look behind its face.
ASSEMBLING = {
    f"ocr_pipeline.cli.{name}"
    for name in (
        "bench",
        "data",
        "evaluate",
        "evaluate_flags",
        "evaluate_rendered",
        "export",
        "synth",
        "synth_crops",
        "train",
    )
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> list[str]:
    return [name for name in imports(path) if name.split(".")[0] in PACKAGES]


def allowed(module: str, imported: str) -> bool:
    """The arrows of the design: each floor knows only the floors below it."""
    top = imported.split(".")[0]
    if module.startswith("ocr_pipeline.core"):
        return imported.startswith("ocr_pipeline.core")
    if module.split(".")[0] in ("detector", "recognizer"):
        return top == module.split(".")[0] or imported.startswith("ocr_pipeline.core")
    if top == "ocr_pipeline":
        return not imported.startswith("ocr_pipeline.cli") or module.startswith("ocr_pipeline.cli")
    face = imported.count(".") == 1 and imported.split(".")[1][:1].isupper()
    return face or module in ASSEMBLING


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    wrong = [name for name in ours(path) if not allowed(name_of(path), name)]
    assert not wrong, f"{name_of(path)} imports {wrong}"


def test_arrows_are_checked() -> None:
    assert not allowed("ocr_pipeline.core.images", "ocr_pipeline.layout.order_lines")
    assert not allowed("detector.ctpn", "recognizer.Recognizer")
    assert not allowed("recognizer.train", "ocr_pipeline.pipeline.Pipeline")
    assert not allowed("ocr_pipeline.pipeline", "detector.connector.connect")
    assert not allowed("ocr_pipeline.batch", "ocr_pipeline.cli.run.run")
    assert not allowed("ocr_pipeline.cli.run", "detector.connector.connect")
    assert allowed("ocr_pipeline.pipeline", "detector.Detector")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_stay_short_and_licensed(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 400, f"{path.name} has {len(lines)} lines"
    if lines:
        assert lines[0] == "# SPDX-License-Identifier: Apache-2.0"


def test_every_package_is_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(config["options"]["packages"].split()) - {"ocr_pipeline.weights"}
    listed = {name for name in listed if not name.startswith("#")}
    found = {name_of(path) for path in MODULES if path.name == "__init__.py"}
    assert found == listed
    assert {path.parent for path in MODULES} == {ROOT / name.replace(".", "/") for name in found}


def test_extras_and_requirements_are_pinned() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["install_requires"].split("\n")
    for extra in config["options.extras_require"].values():
        lines += extra.split("\n")
    names = {re.split(r"[<>=;\[ ]", line)[0].lower() for line in lines if line.strip()}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    pinned = set(re.findall(r"^([a-z0-9_.-]+)==", pins, re.MULTILINE))
    assert names - {"ocr-pipeline"} <= pinned
