# SPDX-License-Identifier: Apache-2.0
"""Turning a page upright, and points of it there and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Turn:
    """How an image is turned to be upright.

    Points are (x, y) in pixels, origin at the top left corner of the top left pixel.

    Attributes:
        width, height: of the image as it came.
        rotation: degrees clockwise, of 0, 90, 180 and 270.
        slant: degrees clockwise by which its lines still slant after that; they are made level,
            on a canvas that grows to hold the whole page.
    """

    width: int
    height: int
    rotation: int = 0
    slant: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether nothing is turned."""
        return not self.rotation and not self.slant

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        wide, tall = self._quarter_size
        if not self.slant:
            return wide, tall
        angle = np.radians(self.slant)
        cos, sin = abs(float(np.cos(angle))), abs(float(np.sin(angle)))
        return int(np.ceil(wide * cos + tall * sin)), int(np.ceil(wide * sin + tall * cos))

    @property
    def _quarter_size(self) -> tuple[int, int]:
        turned = self.rotation in (90, 270)
        return (self.height, self.width) if turned else (self.width, self.height)

    @property
    def matrix(self) -> Floats:
        """(2, 3) affine matrix from the image as it came to the upright one."""
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[ROTATIONS.index(self.rotation)]
        quarter = np.array([[cos, -sin], [sin, cos]], np.float64)
        angle = np.radians(self.slant)
        level = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        linear = level @ quarter
        centre = np.array([self.width, self.height]) / 2
        shift = np.array(self.size) / 2 - linear @ centre
        return np.concatenate([linear, shift[:, None]], axis=1)

    def forward(self, points: npt.ArrayLike) -> Floats:
        """Points (..., 2) of the image as it came, on the upright one."""
        matrix = self.matrix
        given = np.asarray(points, np.float64).reshape(-1, 2)
        return np.asarray(given @ matrix[:, :2].T + matrix[:, 2]).reshape(np.shape(points))

    def back(self, points: npt.ArrayLike) -> Floats:
        """Points (..., 2) of the upright image, on the image as it came."""
        matrix = self.matrix
        # The linear part is a rotation: its inverse is its transpose.
        return np.asarray((np.asarray(points, np.float64) - matrix[:, 2]) @ matrix[:, :2])

    def apply(self, image: Image, interpolation: int = cv2.INTER_LINEAR) -> Image:
        """The upright image; what it shows beyond the page has the colour of the page's edge.

        Args:
            image: (H, W, 3) uint8, of this turn's size.
            interpolation: OpenCV's number of a kind, where the page is slanted.
        """
        if not self.slant:
            quarters = -ROTATIONS.index(self.rotation)
            return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
        matrix = self.matrix
        # The warp counts from the centre of the first pixel, points from its corner.
        matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
        edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        colour = [float(value) for value in np.median(edge, axis=0)]
        return np.asarray(
            cv2.warpAffine(
                image,
                matrix,
                self.size,
                flags=interpolation,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=colour,
            ),
            np.uint8,
        )
