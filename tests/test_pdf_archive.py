# SPDX-License-Identifier: Apache-2.0
"""PDF/A, the same bytes every time, and many pages in little memory."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pikepdf = pytest.importorskip("pikepdf", reason="needs the extra [pdf]")
pytest.importorskip("pypdfium2")

from pdf_tools import image_of, line, make, opened, read, text_of  # noqa: E402
from PIL import Image, ImageCms  # noqa: E402

from ocr_pipeline.core.document import Document, Page  # noqa: E402
from ocr_pipeline.core.errors import InputError, UsageError  # noqa: E402
from ocr_pipeline.options import RunOptions  # noqa: E402
from ocr_pipeline.writers.pdf import PdfOptions  # noqa: E402
from ocr_pipeline.writers.pdf.archive import srgb_profile  # noqa: E402

LINES = (line("Archive 归档 ne\u0301e", 10, 10, 100, 14),)
ARCHIVE = PdfOptions(pdf_a=True, language="en")


def picture(mode: str) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((120, 80))
    return ramp.convert("RGB").convert(mode)


def findings(data: bytes) -> list[str]:
    """What a validator has to say against a file as PDF/A-2b."""
    pdfa = pytest.importorskip("pikepdf.pdfa", reason="needs pikepdf[pdfa] 10.15")
    return [str(finding) for finding in pdfa.validate_written(io.BytesIO(data), "2b").findings]


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("a.jpg", "RGB", {}),
        ("a.jpg", "L", {}),
        ("a.jpg", "CMYK", {}),
        ("a.png", "1", {}),
        ("a.png", "P", {}),
        ("a.png", "RGBA", {}),
        ("a.png", "I;16", {}),
        ("a.tif", "1", {"compression": "group4"}),
        ("a.tif", "CMYK", {}),
    ],
)
def test_images_become_pdf_a(tmp_path: Path, name: str, mode: str, options: Any) -> None:
    path = tmp_path / name
    picture(mode).save(path, dpi=(72, 72), **options)
    data = make(path, read(path, LINES), ARCHIVE)
    assert findings(data) == []
    assert "归档" in text_of(data)
    pdf = opened(data)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf.Root.Metadata.read_raw_bytes()
    assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1" and str(pdf.Root.Lang) == "en"
    assert image_of(data).ColorSpace != "/DeviceCMYK"


def test_without_the_option_it_does_not_claim_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture("L").save(path)
    assert "/Metadata" not in opened(make(path)).Root
    assert findings(make(path)) != []


def test_ink_with_a_profile_stays_ink(tmp_path: Path) -> None:
    """Any profile for CMYK serves; a header is all that is looked at here."""
    profile = bytearray(srgb_profile())
    profile[12:20] = b"prtrCMYK"
    path = tmp_path / "a.jpg"
    picture("CMYK").save(path, icc_profile=bytes(profile))
    space = image_of(make(path, options=ARCHIVE)).ColorSpace
    assert space[0] == "/ICCBased" and space[1].N == 4


@pytest.mark.skipif(shutil.which("gs") is None, reason="needs Ghostscript")
def test_ghostscript_reads_it_without_complaint(tmp_path: Path) -> None:
    path, out = tmp_path / "a.jpg", tmp_path / "a.pdf"
    picture("RGB").save(path)
    out.write_bytes(make(path, read(path, LINES), ARCHIVE))
    command = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dPDFSTOPONERROR", "-sDEVICE=nullpage"]
    done = subprocess.run([*command, str(out)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stdout + done.stderr


def scanned_pdf(path: Path, font: bool = False) -> Path:
    """A PDF as a scanner makes it: a page with an image; or one with a font that is not there."""
    image = path.with_suffix(".png")
    picture("L").save(image, dpi=(72, 72))
    with pikepdf.open(io.BytesIO(make(image))) as pdf:
        pdf.docinfo["/Producer"] = "The scanner"
        if font:
            helvetica = pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
            pdf.pages[0].Resources.Font = pikepdf.Dictionary(F1=helvetica)
            pdf.pages[0].contents_add(b"BT /F1 9 Tf 9 9 Td (x) Tj ET")
        pdf.save(path)
    return path


def test_scanned_pdfs_become_pdf_a(tmp_path: Path) -> None:
    pytest.importorskip("pikepdf.pdfa", reason="needs pikepdf[pdfa] 10.15")
    path = scanned_pdf(tmp_path / "scan.pdf")
    document = read(path, LINES)
    data = make(path, document, ARCHIVE)
    assert findings(data) == [] and "归档" in text_of(data)
    assert str(opened(data).docinfo.Producer) == "The scanner"
    time.sleep(0.01)
    assert make(path, document, ARCHIVE) == data


def test_what_cannot_become_pdf_a_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pikepdf.pdfa", reason="needs pikepdf[pdfa] 10.15")
    path = scanned_pdf(tmp_path / "odd.pdf", font=True)
    with pytest.raises(InputError, match=r"odd\.pdf: cannot be written as PDF/A: .*--pdf-a"):
        make(path, read(path, LINES), ARCHIVE)


def test_the_profile_does_not_know_the_date() -> None:
    profile = srgb_profile()
    assert profile[24:36] == bytes((7, 208, 0, 1, 0, 1)) + bytes(6)
    assert ImageCms.getProfileName(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


@pytest.mark.parametrize("archive", [False, True])
def test_the_same_bytes_every_time(tmp_path: Path, archive: bool) -> None:
    """In another process too, with other hashes and another time."""
    path = tmp_path / "a.tif"
    pages = [picture("1"), picture("L"), picture("RGB")]
    pages[0].save(path, save_all=True, append_images=pages[1:], dpi=(72, 72))
    here = hashlib.sha256(make(path, read(path, LINES), PdfOptions(pdf_a=archive))).hexdigest()
    code = (
        "import sys, hashlib; from pathlib import Path; from pdf_tools import *; "
        "from test_pdf_archive import LINES; p = Path(sys.argv[1]); "
        f"data = make(p, read(p, LINES), PdfOptions(pdf_a={archive})); "
        "print(hashlib.sha256(data).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    time.sleep(1)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True, text=True, env=environment, timeout=300,
    )  # fmt: skip
    assert done.stdout.strip() == here, done.stderr


def test_the_folder_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture("L").save(path)
    document = read(path, LINES)
    elsewhere = replace(document, source="/other/place/a.png")
    assert make(path, elsewhere) == make(path, document)
    assert str(opened(make(path, document)).docinfo.Title) == "a"
    assert re.fullmatch(r"ocr-pipeline [\d.]+", str(opened(make(path, document)).docinfo.Producer))


def test_a_page_that_could_not_be_read_is_blank(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture("L").save(path)
    page = Page(1, 1, 1, meta={"error": "damaged"})
    good = make(path, Document("a.jpg", (page,)))
    assert image_of(good).Filter == "/DCTDecode"  # the picture is sound, reading was not
    path.write_bytes(path.read_bytes()[:200])
    data = make(path, Document("a.jpg", (page,)))
    assert "/XObject" not in opened(data).pages[0].get("/Resources", {})
    assert [round(float(v)) for v in opened(data).pages[0].MediaBox] == [0, 0, 595, 842]
    with pytest.raises(InputError, match=r"a\.jpg"):
        make(path, Document("a.jpg", (replace(page, meta={}),)))
    with pytest.raises(InputError, match=r"a\.jpg: holds no page"):
        make(path, Document("a.jpg"))


def test_options_are_checked() -> None:
    with pytest.raises(UsageError, match="--pdf-language"):
        PdfOptions(language="not a tag")
    with pytest.raises(UsageError, match="--pdf-language"):
        RunOptions(pdf_language="e")
    options = RunOptions(pdf_a=True, pdf_upright=True, pdf_language="zh-Hans")
    assert options.pdf == PdfOptions(True, True, "zh-Hans")


def test_it_is_a_format_like_others(tmp_path: Path) -> None:
    from pdf_tools import source

    from ocr_pipeline.options import FORMATS
    from ocr_pipeline.writers import SOURCE_WRITERS, output_path

    path = tmp_path / "a.png"
    picture("L").save(path)
    out = io.BytesIO()
    SOURCE_WRITERS["pdf"](read(path, LINES), source(path), out, RunOptions(pdf_language="en"))
    assert str(opened(out.getvalue()).Root.Lang) == "en"
    assert "pdf" in FORMATS and output_path(Path("out/a"), "pdf") == Path("out/a.pdf")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_with_pages(tmp_path: Path) -> None:
    """A thousand pages of 200 KB each: a small part of their 200 MB is ever in memory."""
    noise = Image.effect_noise((460, 460), 100)
    path = tmp_path / "many.tif"
    count = 1000
    noise.save(path, save_all=True, append_images=[noise] * (count - 1), dpi=(72, 72))
    code = f"""
import sys, resource
from pathlib import Path, PurePath
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.readers import InputFile
from ocr_pipeline.writers.pdf import write_pdf
from pdf_tools import line
path = Path(sys.argv[1])
def run(count):
    lines = tuple(line("a few words on a line", 10, 10 + 20 * i, 300, 14) for i in range(20))
    pages = tuple(Page(n + 1, 460, 460, lines, 72.0) for n in range(count))
    with open(sys.argv[2], "wb") as out:
        write_pdf(Document("many.tif", pages), InputFile(path, PurePath("many")), out)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
few = run(20)
print(run({count}) - few)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    out = tmp_path / "many.pdf"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(out)],
        capture_output=True, text=True, env=environment, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 100e6 and float(done.stdout) < 20
