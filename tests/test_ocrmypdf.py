# SPDX-License-Identifier: Apache-2.0
"""The plugin, in the real OCRmyPDF."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

ocrmypdf = pytest.importorskip("ocrmypdf", reason="needs the extra [ocrmypdf]")
pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("pypdfium2")

from fake_stages import FakeDetector, FakeRecognizer, bars  # noqa: E402
from ocrmypdf._plugin_manager import OcrmypdfPluginManager  # noqa: E402
from ocrmypdf.exceptions import BadArgsError, MissingDependencyError  # noqa: E402
from ocrmypdf.hocrtransform import OcrClass  # noqa: E402
from pdf_tools import box, line, make, opened, render, text_of, words_of  # noqa: E402
from PIL import Image  # noqa: E402

from ocr_pipeline.core.document import Document, Page  # noqa: E402
from ocr_pipeline.integrations import ocrmypdf as plugin  # noqa: E402
from ocr_pipeline.integrations import ocrmypdf_entry as entry  # noqa: E402
from ocr_pipeline.integrations.languages import languages_of  # noqa: E402
from ocr_pipeline.layout import Turn  # noqa: E402
from ocr_pipeline.options import RunOptions  # noqa: E402
from ocr_pipeline.pipeline import PageWork, Pipeline  # noqa: E402
from ocr_pipeline.writers.pdf import write_text_layer  # noqa: E402

NAME = "ocr_pipeline.integrations.ocrmypdf"
ROOT = Path(__file__).resolve().parents[1]
BOXES = ((30, 40, 230, 60), (30, 80, 130, 100), (160, 80, 260, 100))


class MarkedPipeline(Pipeline):
    """Knows which way up a page is by a grey square in its top-left corner."""

    def find(self, image: np.ndarray) -> PageWork:
        height, width = image.shape[:2]
        corners = {
            0: image[4:9, 4:9],
            90: image[-9:-4, 4:9],
            180: image[-9:-4, -9:-4],
            270: image[4:9, -9:-4],
        }
        rotation = next((turn for turn, part in corners.items() if part.mean() < 230), 0)
        turn = Turn(width, height, rotation)
        work = super().find(image)
        return replace(work, turn=turn)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[RunOptions]:
    """Fake nets instead of real ones; the options they were asked for."""
    asked: list[RunOptions] = []
    made = MarkedPipeline(RunOptions(), detector=FakeDetector(), recognizer=FakeRecognizer())

    def load(options: RunOptions) -> Pipeline:
        asked.append(options)
        return made

    monkeypatch.setattr(plugin, "_load", load)
    return asked


def scan(folder: Path, rotation: int = 0) -> Path:
    """A PDF of a page with bars and the mark, fed to the scanner turned clockwise."""
    page = bars(BOXES, (200, 300))
    page[2:12, 2:12] = 215
    image = folder / "scan.png"
    Image.fromarray(np.rot90(page, -rotation // 90)[..., 0]).save(image, dpi=(144, 144))
    path = folder / "scan.pdf"
    path.write_bytes(make(image))
    return path


def run(path: Path, **options: Any) -> bytes:
    out = path.with_name("out.pdf")
    options = {"plugins": [NAME], "output_type": "pdf", "optimize": 0, **options}
    code = ocrmypdf.ocr(path, out, progress_bar=False, jobs=1, language=["eng"], **options)
    assert code == 0
    return out.read_bytes()


@pytest.mark.parametrize("renderer", ["auto", "sandwich", "fpdf2"])
def test_a_scan_becomes_searchable(tmp_path: Path, fakes: Any, renderer: str) -> None:
    sidecar = tmp_path / "side.txt"
    data = run(scan(tmp_path), pdf_renderer=renderer, sidecar=sidecar)
    assert text_of(data).split() == ["first", "line", "second", "third"]
    assert sidecar.read_text().strip() == "first line\nsecond third"
    assert np.array_equal(render(data), render((tmp_path / "scan.pdf").read_bytes()))
    creator = str(opened(data).docinfo.Creator)
    assert creator.startswith("OCRmyPDF") and "ocr-pipeline" in creator
    objects = [item for item in opened(data).objects if isinstance(item, pikepdf.Dictionary)]
    fonts = {str(item.get("/BaseFont", "")) for item in objects}
    assert ("/InvisibleText" in fonts) == (renderer != "fpdf2")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
@pytest.mark.parametrize("renderer", ["sandwich", "fpdf2"])
def test_words_lie_where_they_were_found(tmp_path: Path, fakes: Any, renderer: str) -> None:
    found = dict(words_of(run(scan(tmp_path), pdf_renderer=renderer), tmp_path))
    for word, (x0, _, x1, _) in (("second", BOXES[1]), ("third", BOXES[2])):
        left, top, right, bottom = found[word]
        assert (left, right) == pytest.approx((x0 / 2, x1 / 2), abs=1.5)
        assert top < 45 < bottom and bottom - top < 16


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_pages_are_turned_upright(tmp_path: Path, fakes: Any, rotation: int) -> None:
    data = run(scan(tmp_path, rotation), rotate_pages=True)
    shown = render(data, width=300)
    assert shown.shape == (200, 300, 3)
    assert shown[4:9, 4:9].mean() < 230  # the mark is where it belongs
    assert text_of(data).split() == ["first", "line", "second", "third"]


def test_orientation_of_a_page_without_text(tmp_path: Path, fakes: Any) -> None:
    path = tmp_path / "empty.png"
    Image.new("L", (100, 80), 255).save(path)
    assert plugin.Engine.get_orientation(path, None) == (0, plugin.UNSURE)
    assert plugin.Engine.get_deskew(path, None) == 0.0


@pytest.mark.parametrize("slant", [-3.0, 2.0])
def test_deskewing_levels_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slant: float
) -> None:
    """Lines that slant by so much are level after Pillow turned the image as OCRmyPDF does."""
    quads = tuple(np.asarray(box(50, 100 + 40 * i, 300, 20, slant)) for i in range(4))
    work = PageWork(400, 400, quads, (1.0,) * 4, (), Turn(400, 400))
    monkeypatch.setattr(plugin, "pipeline", lambda options: SimpleNamespace(find=lambda _: work))
    path = tmp_path / "page.png"
    Image.new("L", (400, 400), 255).save(path)
    angle = plugin.Engine.get_deskew(path, None)
    dots = Image.new("L", (400, 400), 255)
    for x, y in quads[0][:2]:
        dots.paste(0, (round(x) - 2, round(y) - 2, round(x) + 3, round(y) + 3))
    level = np.asarray(dots.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255))
    ys, xs = np.nonzero(level < 128)
    left, right = ys[xs < 200].mean(), ys[xs > 200].mean()
    assert abs(left - right) < 1.0 and abs(angle) == pytest.approx(abs(slant), abs=0.1)


def test_deskew_runs_through(tmp_path: Path, fakes: Any) -> None:
    assert "first" in text_of(run(scan(tmp_path), deskew=True))


def test_pages_with_text_are_ocrmypdf_s_affair(tmp_path: Path, fakes: Any) -> None:
    once = run(scan(tmp_path))
    again = tmp_path / "again.pdf"
    again.write_bytes(once)
    with pytest.raises(ocrmypdf.exceptions.PriorOcrFoundError):
        run(again)
    skipped = run(again, skip_text=True)
    assert text_of(skipped).count("first") == 1
    again.write_bytes(once)
    assert text_of(run(again, redo_ocr=True)).count("first") == 1


def test_its_own_pdfs_can_be_read_again(tmp_path: Path, fakes: Any) -> None:
    """OCRmyPDF finds the text layer of this program's PDFs and takes it off."""
    image = tmp_path / "scan.png"
    scan(tmp_path)
    page = Page(1, 300, 200, (line("an earlier reading", 30, 40, 200, 20),), 144.0)
    path = tmp_path / "mine.pdf"
    path.write_bytes(make(image, Document("scan.png", (page,))))
    assert "earlier" in text_of(path.read_bytes())
    text = text_of(run(path, redo_ocr=True))
    assert "earlier" not in text and "first" in text


def test_languages_are_those_of_the_alphabet(tmp_path: Path, fakes: Any) -> None:
    known = plugin.Engine.languages(None)
    assert {"eng", "deu", "fra"} <= known and not {"chi_tra", "rus"} & known
    path = scan(tmp_path)
    with pytest.raises(MissingDependencyError, match="rus"):
        ocrmypdf.ocr(path, tmp_path / "o.pdf", plugins=[NAME], language=["rus"])


def test_languages_choose_the_recognizers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lang(*names: str) -> str:
        return plugin.run_options(SimpleNamespace(languages=list(names))).lang

    assert (lang(), lang("deu", "eng"), lang("chi_sim")) == ("en", "en", "zh")
    assert lang("eng", "chi_sim") == lang("chi_sim+eng") == "auto"
    nets = {"en": "crnn-latin", "zh": "nowhere"}
    monkeypatch.setattr("ocr_pipeline.languages.LANGUAGES", nets)
    with pytest.raises(BadArgsError, match="zh needs the recognizer nowhere"):
        ocrmypdf.ocr(scan(tmp_path), tmp_path / "o.pdf", plugins=[NAME], language=["chi_sim"])


def test_alphabets_write_languages() -> None:
    assert languages_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == {"eng", "ind", "lat", "msa", "tgl"}
    assert languages_of("0123456789") == set()
    cyrillic = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЬЮЯЁЪЫЭ"
    assert languages_of(cyrillic) == {"bul", "rus"}


def manager(*plugins: str, found: bool = False) -> OcrmypdfPluginManager:
    made = OcrmypdfPluginManager(project_name="ocrmypdf", plugins=list(plugins), builtins=True)
    if found and not made.pluggy_manager.is_registered(entry):
        made.pluggy_manager.register(entry, name="ocr-pipeline")
    return made


def engine_of(made: OcrmypdfPluginManager, **options: Any) -> str:
    return str(made.get_ocr_engine(options=SimpleNamespace(**{"plugins": None, **options})))


def test_it_reads_when_it_is_asked_to() -> None:
    named, found = manager(NAME), manager(found=True)
    assert engine_of(named, ocr_engine="auto", plugins=[NAME]).startswith("ocr-pipeline")
    assert engine_of(named, ocr_engine="none", plugins=[NAME]) == "No OCR engine"
    assert engine_of(found, ocr_engine="ocr-pipeline").startswith("ocr-pipeline")
    assert engine_of(manager(NAME, found=True), ocr_engine="auto", plugins=[NAME]).startswith("ocr")


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs Tesseract")
def test_being_installed_changes_nothing() -> None:
    found = manager(found=True)
    assert engine_of(found, ocr_engine="auto").startswith("Tesseract")
    assert engine_of(found, ocr_engine="tesseract", plugins=[NAME]).startswith("Tesseract")


def test_being_found_costs_little() -> None:
    code = (
        "import sys, ocrmypdf; before = set(sys.modules); "
        "import ocr_pipeline.integrations.ocrmypdf_entry; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "['ocr_pipeline']", done.stdout + done.stderr


def test_options_of_the_command(tmp_path: Path, fakes: list[RunOptions]) -> None:
    from ocrmypdf.cli import get_parser

    parser = get_parser()
    manager(NAME, found=True).add_options(parser=parser)
    arguments = ["--ocr-engine", "ocr-pipeline", "--recognizer", "mine", "--device", "cpu"]
    parsed = parser.parse_args([*arguments, "in.pdf", "out.pdf"])
    assert parsed.ocr_engine == "ocr-pipeline"
    wanted = plugin.run_options(parsed)
    assert (wanted.recognizer, wanted.device, wanted.detector) == (
        "mine",
        "cpu",
        RunOptions().detector,
    )
    parsed = SimpleNamespace(use_threads=False, jobs=1)
    assert plugin.run_options(parsed).threads == (os.cpu_count() or 1)
    run(scan(tmp_path), device="cpu")
    assert fakes and all(options.device == "cpu" for options in fakes)


def test_missing_weights_are_told_early(tmp_path: Path) -> None:
    path = scan(tmp_path)
    with pytest.raises(BadArgsError, match="nowhere"):
        ocrmypdf.ocr(path, tmp_path / "o.pdf", plugins=[NAME], recognizer="nowhere")
    with pytest.raises(BadArgsError, match="abacus"):
        ocrmypdf.ocr(path, tmp_path / "o.pdf", plugins=[NAME], device="abacus")


def test_tesseract_need_not_be_there(
    tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which

    def without(name: str, *args: Any, **kwargs: Any) -> str | None:
        return None if name == "tesseract" else which(name, *args, **kwargs)

    monkeypatch.setattr(shutil, "which", without)
    monkeypatch.setattr(ocrmypdf.api, "_installed_plugins", {})  # those of earlier runs
    path = scan(tmp_path)
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    assert "first" in text_of(run(path))


def test_element_tree_of_slanted_and_turned_lines() -> None:
    lines = (line("two words", 50, 100, 200, 20, 3), line("goes down", 300, 50, 150, 20, 90))
    tree = plugin.element_tree(Page(3, 400, 300, lines, 200.0), 2)
    assert tree.ocr_class == OcrClass.PAGE and tree.dpi == 200 and tree.page_number == 2
    first, second = tree.children
    assert [word.text for word in first.children] == ["two", "words"]
    assert first.baseline is not None
    assert first.baseline.slope == pytest.approx(np.tan(np.radians(3)))
    assert first.bbox is not None and first.bbox.height == pytest.approx(20)
    assert first.bbox.bottom == pytest.approx(box(50, 100, 200, 20, 3)[3][1])
    assert first.textangle is None
    assert second.textangle == 270 and second.baseline is None


def test_hocr_and_text_layer(tmp_path: Path, fakes: Any) -> None:
    image = tmp_path / "scan.png"
    scan(tmp_path)
    plugin.Engine.generate_hocr(image, tmp_path / "a.hocr", tmp_path / "a.txt", None)
    assert "second" in (tmp_path / "a.hocr").read_text(encoding="utf-8")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "first line\nsecond third\n"
    empty = tmp_path / "empty.pdf"
    with empty.open("wb") as out:
        write_text_layer(Page(1, 200, 100), out)
    page = opened(empty.read_bytes()).pages[0]
    assert [float(v) for v in page.MediaBox] == [0, 0, 200, 100] and not text_of(empty.read_bytes())


@pytest.mark.slow
def test_the_command_with_the_real_nets(tmp_path: Path) -> None:
    path, out = tmp_path / "card.pdf", tmp_path / "out.pdf"
    path.write_bytes(make(ROOT / "test_images" / "card.jpg"))
    command = [sys.executable, "-m", "ocrmypdf", "--plugin", NAME, "-l", "eng", "--jobs", "1"]
    done = subprocess.run(
        [*command, str(path), str(out)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    wanted = (ROOT / "test_images" / "card.gt.txt").read_text(encoding="utf-8").split()
    found = text_of(out.read_bytes()).split()
    assert len(set(wanted) & set(found)) > 0.6 * len(set(wanted))
