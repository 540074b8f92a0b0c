# SPDX-License-Identifier: Apache-2.0
"""Options of a run: one frozen dataclass for the command line, TOML files and Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ocr_pipeline.core.backend_names import BACKENDS as BACKENDS
from ocr_pipeline.core.backend_names import PRECISIONS as PRECISIONS
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.languages import LANGS as LANGS
from ocr_pipeline.languages import names_of
from ocr_pipeline.layout_options import LayoutOptions
from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.write_options import WriteOptions

FORMATS = ("txt", "md", "json", "jsonl", "tsv", "csv", "hocr", "alto", "page", "pdf", "overlay")
PLATE_LABELS = ("natural", "spaced", "roman", "both")
DEFAULT_FORMATS = ("txt", "json", "overlay")
DEFAULT_DETECTOR = "ctpn-vgg16-half"
DEFAULT_RECOGNIZER = "crnn-latin"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How pages are read. Every field is a flag of ``ocr run`` under the same name.

    Attributes:
        detector: bundled name or weights file of the detector.
        lang: language of the text: ``en`` (all of Western Europe's), ``zh`` (simplified
            Chinese, with Latin words in it), or ``auto``, which decides line by line.
        recognizer: bundled name or weights file of the recognizer; None takes the one of
            ``lang``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``, for both stages.
        detector_device: the detector's device where it differs from ``device``.
        recognizer_device: the recognizer's device where it differs from ``device``.
        backend: what runs the nets: ``auto`` (the fastest that is there), ``torch``, ``onnx`` or
            ``openvino``.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16`` or ``int8``.
        threads: threads of the nets on a CPU; 0 leaves the backend's choice.
        batch_size: lines that the recognizer reads at once.
        min_score: detector score (0 to 1) below which a line is dropped; None leaves the
            detector's own threshold.
        min_confidence: probability (0 to 1) of being right as a whole below which a line is
            dropped. None drops, of the lines that a detector found, those whose characters are
            hardly legible (mostly pictures and scrawls, not text), and nothing where each image
            is one line.
        beam: prefixes that beam search keeps; 0 takes the likeliest class of every step; None
            leaves it to the recognizer.
        lexicon: text file of the only words that may be read; needs a beam.
        ngram: text file whose character n-gram helps the beam.
        grammar: of number plates and expressions, prefer a reading that can be one.
        language_model: let a character n-gram decide on what the net is not sure of, where there
            is one of what it reads; a beam of one's own takes its place.
        second_look: look again, from slightly different places, at what the net is not sure of,
            at captchas, expressions and handwriting from nearer too.
        plate_labels: form of Korean plates: ``natural`` (``서울18나6897``), ``spaced``
            (``서울 18나 6897``), ``roman`` (``A18sk6897``) or ``both`` of these.
        evaluate: give the values of lines that are arithmetic expressions: ``(1+4)*2=10``.
        detect: find lines first; False takes each image for one line.
        orientation, deskew, layout: see :class:`LayoutOptions`.
        format: what is written for each input, of :data:`FORMATS`.
        overlay_text: write the text beside each line of the overlay.
        overlay_words: draw the outlines of words as well.
        characters: see :class:`WriteOptions`.
        dpi, pdf_text, password, pages: see :class:`ReadOptions`.
        pdf_a, pdf_upright, pdf_language: see :class:`PdfOptions`.
    """

    detector: str = DEFAULT_DETECTOR
    lang: str = "en"
    recognizer: str | None = None
    device: str = "auto"
    detector_device: str | None = None
    recognizer_device: str | None = None
    backend: str = "auto"
    precision: str = "auto"
    threads: int = 0
    batch_size: int = 32
    min_score: float | None = None
    min_confidence: float | None = None
    beam: int | None = None
    lexicon: Path | None = None
    ngram: Path | None = None
    grammar: bool = True
    language_model: bool = True
    second_look: bool = True
    plate_labels: str = "natural"
    evaluate: bool = False
    detect: bool = True
    orientation: str = "auto"
    deskew: bool = True
    layout: bool = True
    format: tuple[str, ...] = DEFAULT_FORMATS
    overlay_text: bool = False
    overlay_words: bool = False
    characters: bool = False
    dpi: int | None = None
    pdf_text: str = "auto"
    password: str | None = field(default=None, repr=False)
    pages: str | None = None
    pdf_a: bool = False
    pdf_upright: bool = False
    pdf_language: str | None = None

    @property
    def recognizers(self) -> tuple[str, ...]:
        """Names of the recognizers: one, or one of Latin script and one of Chinese."""
        return (self.recognizer,) if self.recognizer else names_of(self.lang)

    @property
    def reading(self) -> ReadOptions:
        """How the files are opened: the part of the options that :func:`open_document` takes."""
        return ReadOptions(
            dpi=self.dpi, pdf_text=self.pdf_text, password=self.password, pages=self.pages
        )

    @property
    def page_layout(self) -> LayoutOptions:
        """What is done about a page's layout."""
        return LayoutOptions(orientation=self.orientation, deskew=self.deskew, layout=self.layout)

    @property
    def writing(self) -> WriteOptions:
        """What the writers of text and XML take."""
        return WriteOptions(characters=self.characters)

    @property
    def pdf(self) -> PdfOptions:
        """What searchable PDFs are like."""
        return PdfOptions(pdf_a=self.pdf_a, upright=self.pdf_upright, language=self.pdf_language)

    def __post_init__(self) -> None:
        _ = self.reading, self.pdf, self.page_layout  # which check their own parts
        if self.lang not in LANGS:
            raise UsageError(f"--lang {self.lang!r}: use {', '.join(LANGS)}")
        if self.backend not in BACKENDS:
            raise UsageError(f"--backend {self.backend!r}: use {', '.join(BACKENDS)}")
        if self.precision not in PRECISIONS:
            raise UsageError(f"--precision {self.precision!r}: use {', '.join(PRECISIONS)}")
        if self.plate_labels not in PLATE_LABELS:
            raise UsageError(f"--plate-labels {self.plate_labels!r}: use {', '.join(PLATE_LABELS)}")
        if self.threads < 0:
            raise UsageError(f"--threads must not be negative, not {self.threads}")
        if self.batch_size < 1:
            raise UsageError(f"--batch-size must be at least 1, not {self.batch_size}")
        if self.beam is not None and self.beam < 0:
            raise UsageError(f"--beam must not be negative, not {self.beam}")
        if (self.lexicon or self.ngram) and not self.beam:
            raise UsageError("--lexicon and --ngram need a beam: add --beam 10")
        for name in ("min_score", "min_confidence"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                flag = name.replace("_", "-")
                raise UsageError(f"--{flag} must lie between 0 and 1, not {value}")
        unknown = [name for name in self.format if name not in FORMATS]
        if unknown:
            raise UsageError(f"--format {unknown[0]!r}: use {', '.join(FORMATS)}")
        if not self.format:
            raise UsageError(f"--format names nothing to write; use {', '.join(FORMATS)}")
        if len(set(self.format)) < len(self.format):
            raise UsageError(f"--format names {self.format} more than once")
