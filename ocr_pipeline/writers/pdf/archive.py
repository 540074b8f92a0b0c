# SPDX-License-Identifier: Apache-2.0
"""What PDF/A asks of a file beyond its pages: metadata and the meaning of its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    import pikepdf

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


def declare_pdf_a(pdf: pikepdf.Pdf, title: str, producer: str) -> None:
    """Makes a file of images PDF/A-2b: metadata that say so and sRGB as its colour space.

    Args:
        pdf: its document information must hold the same title and producer.
        title: of the document.
        producer: the program.
    """
    from pikepdf import Array, Dictionary, Name, String

    xmp = _XMP.format(title=escape(title), producer=escape(producer)).encode("utf-8")
    pdf.Root.Metadata = pdf.make_stream(xmp, Dictionary(Type=Name.Metadata, Subtype=Name.XML))
    profile = pdf.make_stream(srgb_profile(), Dictionary(N=3))
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        RegistryName=String("http://www.color.org"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def srgb_profile() -> bytes:
    """An ICC profile of sRGB; the same bytes on every day."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The header's date of making, and a checksum of all that is optional.
    profile[24:36] = bytes((7, 208, 0, 1, 0, 1)) + bytes(6)
    profile[84:100] = bytes(16)
    return bytes(profile)
