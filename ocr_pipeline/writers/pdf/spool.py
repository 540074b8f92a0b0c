# SPDX-License-Identifier: Apache-2.0
"""Pictures wait on disk until the file is written, so that memory does not grow with pages."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ocr_pipeline.writers.pdf.pictures import Picture

if TYPE_CHECKING:
    import pikepdf

# Bytes of pictures that are held in memory before they go to a temporary file.
LIMIT = 32_000_000


class PictureSpool:
    """Gives pages their pictures. A context manager, which has to outlive the saving of the file.

    pikepdf holds the data of new streams in memory but reads those of other files when it needs
    them: so pictures are gathered in files of their own first.
    """

    def __init__(self, pdf: pikepdf.Pdf, limit: int = LIMIT) -> None:
        self._pdf = pdf
        self._limit = limit
        self._waiting: list[tuple[pikepdf.Object, Picture]] = []
        self._size = 0
        self._files = ExitStack()
        self._folder: Path | None = None
        self._count = 0
        self._profiles: dict[bytes, pikepdf.Object] = {}

    def __enter__(self) -> PictureSpool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close()

    def add(self, page: pikepdf.Object, picture: Picture) -> None:
        """Makes a picture the XObject ``/Im`` of a page that has resources, now or later."""
        self._waiting.append((page, picture))
        self._size += len(picture.data)
        if self._size > self._limit:
            self._to_disk()

    def finish(self) -> None:
        """Places the pictures that still wait."""
        for page, picture in self._waiting:
            self._place(page, self._pdf.make_stream(picture.data), picture)
        self._waiting, self._size = [], 0

    def _to_disk(self) -> None:
        import pikepdf

        if self._folder is None:
            folder = tempfile.TemporaryDirectory(prefix="ocr-pdf-")
            self._folder = Path(self._files.enter_context(folder))
        path = self._folder / f"{self._count}.pdf"
        self._count += 1
        with pikepdf.new() as part:
            streams = (part.make_stream(picture.data) for _, picture in self._waiting)
            part.Root.Pictures = part.make_indirect(pikepdf.Array(streams))
            part.save(path, compress_streams=False)
        stored = self._files.enter_context(
            pikepdf.open(path, access_mode=pikepdf.AccessMode.stream)
        )
        for (page, picture), stream in zip(self._waiting, stored.Root.Pictures, strict=True):
            self._place(page, self._pdf.copy_foreign(stream), picture)
        self._waiting, self._size = [], 0

    def _place(self, page: pikepdf.Object, stream: pikepdf.Object, picture: Picture) -> None:
        """Says what the bytes of a stream are, and gives it to the page."""
        from pikepdf import Array, Dictionary, Name

        stream.Type = Name.XObject
        stream.Subtype = Name.Image
        stream.Width, stream.Height = picture.width, picture.height
        stream.Filter = Name("/" + picture.coding)
        if picture.parameters:
            stream.DecodeParms = Dictionary(**picture.parameters)
        if picture.coding != "JPXDecode":
            stream.BitsPerComponent = picture.bits
        if picture.base is not None:
            stream.ColorSpace = self._colors(picture)
        if picture.inverted:
            stream.Decode = Array([1, 0] * 4)
        page.Resources.XObject = Dictionary(Im=stream)

    def _colors(self, picture: Picture) -> pikepdf.Object:
        from pikepdf import Array, Name, String

        base: Any = Name("/" + str(picture.base))
        if picture.icc:
            base = Array([Name.ICCBased, self._profile(picture)])
        if picture.palette:
            colors = len(picture.palette) // 3
            return Array([Name.Indexed, base, colors - 1, String(picture.palette)])
        return base

    def _profile(self, picture: Picture) -> pikepdf.Object:
        """The profile's stream; one for all pictures that share it."""
        from pikepdf import Name

        key = sha256(picture.icc).digest()
        if key not in self._profiles:
            stream = self._pdf.make_stream(picture.icc)
            stream.N = {"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4}[str(picture.base)]
            stream.Alternate = Name("/" + str(picture.base))
            self._profiles[key] = stream
        return self._profiles[key]
