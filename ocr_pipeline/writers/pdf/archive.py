# SPDX-License-Identifier: Apache-2.0
"""What PDF/A asks of a file beyond its pages: metadata and the meaning of its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import escape

from ocr_pipeline import __version__
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.writers.pdf.objects import Name, Store, add_compressed

if TYPE_CHECKING:
    import pikepdf

PRODUCER = f"ocr-pipeline {__version__}"
_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<pdf:Producer>{producer}</pdf:Producer>
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def pdf_a_entries(store: Store, title: str) -> dict[str, Any]:
    """What makes a file of images PDF/A-2b: metadata that say so, and sRGB as its colour space.

    Args:
        store: the file; its document information must hold the same title, and :data:`PRODUCER`.
        title: of the document.

    Returns:
        Entries for the file's catalogue.
    """
    xmp = _XMP.format(title=escape(title), producer=escape(PRODUCER)).encode("utf-8")
    intent = {
        "Type": Name("OutputIntent"),
        "S": Name("GTS_PDFA1"),
        "OutputConditionIdentifier": "sRGB IEC61966-2.1",
        "RegistryName": "http://www.color.org",
        "Info": "sRGB IEC61966-2.1",
        "DestOutputProfile": add_compressed(store, {"N": 3}, srgb_profile()),
    }
    return {
        # Readable without decoding, as programs that look for it expect.
        "Metadata": store.add({"Type": Name("Metadata"), "Subtype": Name("XML")}, xmp),
        "OutputIntents": [store.add(intent)],
    }


def save_as_pdf_a(pdf: pikepdf.Pdf, out: BinaryIO, name: str) -> None:
    """Writes a PDF of somebody else's as PDF/A-2b, if it can be made one without changing pages.

    What PDF/A does not know besides the pages (scripts, hidden annotations) is removed. The file
    is checked before it is written.

    Args:
        pdf: the file.
        out: where to.
        name: what messages call it.

    Raises:
        InputError: if the file is not one, as with fonts that are not embedded.
        UsageError: if the part of pikepdf that does this is not installed.
    """
    try:
        from pikepdf import pdfa
    except ImportError as error:
        raise UsageError(
            "--pdf-a needs more of pikepdf for PDFs: pip install 'pikepdf[pdfa]>=10.15'"
        ) from error
    producer = str(pdf.docinfo.get("/Producer", "")) or PRODUCER
    pdfa.prepare(pdf, "2b")
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["pdf:Producer"] = producer
        if "xmp:MetadataDate" in metadata:  # today's: another file on every day
            del metadata["xmp:MetadataDate"]
    try:
        pdfa.save(pdf, out, "2b", repair=False, deterministic_id=True)
    except pdfa.PdfaError as error:
        found = error.report.findings
        raise InputError(
            f"{name}: cannot be written as PDF/A: {found[0].message} ({found[0].where}); leave "
            "--pdf-a out, or convert it with OCRmyPDF and this program's plugin"
        ) from error


def srgb_profile() -> bytes:
    """An ICC profile of sRGB; the same bytes on every day."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The header's date of making, and a checksum of all that is optional.
    profile[24:36] = bytes((7, 208, 0, 1, 0, 1)) + bytes(6)
    profile[84:100] = bytes(16)
    return bytes(profile)
