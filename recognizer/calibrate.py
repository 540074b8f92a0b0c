# SPDX-License-Identifier: Apache-2.0
"""``ocr calibrate``: makes a recognizer's confidences say how often it is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from ocr_pipeline.core.backend_names import BACKENDS
from ocr_pipeline.core.errors import DataError, InputError, UsageError
from recognizer.tasks import PRESETS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recognizer.confidence import Calibration
    from recognizer.dataset import SetSpec
    from recognizer.predictor import Recognizer

Image: TypeAlias = "npt.NDArray[Any]"
T = TypeVar("T")

# Margin of crops out of pages, in heights: what detector and pipeline leave around a line.
MARGIN_X, MARGIN_Y = 0.2, 0.1
_SEED = 20_040_607  # of rendered lines; trainings count their chunks from their own small seeds
_CHUNK = 128  # crops held in memory at once


@dataclass(frozen=True)
class Claims:
    """What the net said of the lines of a set, and whether it was right.

    Attributes:
        name: the set's.
        sure: (N,) its own probability of each text, 0 to 1.
        right: (N,) whether the text was right.
        shares: (N,) of the texts among all that a search with a language model found; not a
            number where no language had a say.
    """

    name: str
    sure: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    shares: npt.NDArray[np.float64]

    def settled(self) -> Claims:
        """The lines in which a language model had a say."""
        import numpy as np

        name, here = f"{self.name}, read again", ~np.isnan(self.shares)
        return Claims(name, self.sure[here], self.right[here], self.shares[here])

    def error(self, calibration: Calibration) -> float:
        """Expected calibration error of the calibrated confidences."""
        from ocr_pipeline.core.metrics import expected_calibration_error

        shares = self.shares if calibration.lead else None
        return expected_calibration_error(calibration.apply(self.sure, shares), self.right)


def measure(name: str, lines: Iterator[tuple[Image, str]], net: Recognizer, case: bool) -> Claims:
    """Reads lines and compares them with their labels.

    Typography is compared in its ASCII form: labels seldom say which dash it is.

    Args:
        name: the set's.
        lines: crops with their labels.
        net: reads; its calibration must be none.
        case: whether upper and lower case are different.

    Raises:
        DataError: if there are no lines.
    """
    import numpy as np

    sure: list[float] = []
    right: list[bool] = []
    shares: list[float] = []
    for chunk in _chunks(lines, _CHUNK):
        readings = net.read([image for image, _ in chunk])
        for reading, (_, label) in zip(readings, chunk, strict=True):
            if reading.text:
                sure.append(reading.confidence)
                shares.append(np.nan if reading.share is None else reading.share)
                right.append(_plain(reading.text, case) == _plain(label, case))
    if not sure:
        raise DataError(f"{name}: no line there that anything is read of")
    return Claims(name, np.array(sure), np.array(right), np.array(shares))


def _plain(text: str, case: bool) -> str:
    from ocr_pipeline.core.metrics import collapse_spaces, fold_typography
    from recognizer.alphabet import normalise

    text = collapse_spaces(fold_typography(normalise(text)))
    return text if case else text.casefold()


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    held: list[T] = []
    for item in items:
        held.append(item)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def fit_sets(sets: Sequence[Claims]) -> Calibration:
    """The calibration of several sets, of which each counts the same.

    Raises:
        DataError: if every line of them was read right, or none.
    """
    import numpy as np

    from recognizer.confidence import fit

    weights = [np.full(len(claims.sure), 1 / len(claims.sure)) for claims in sets]
    sure = np.concatenate([claims.sure for claims in sets])
    right = np.concatenate([claims.right for claims in sets])
    shares = np.concatenate([claims.shares for claims in sets])
    known = None if np.isnan(shares).any() else shares  # else a language had a say in all
    try:
        # Weights of 1 on the average keep the fit's own scale.
        found = fit(sure, right, np.concatenate(weights) * len(sure) / len(sets), known)
    except ValueError as error:
        names = ", ".join(claims.name for claims in sets)
        raise DataError(f"{names}: {error}; take more lines or harder ones") from error
    return replace(found, sets=tuple(claims.name for claims in sets))


def _labelled(spec: SetSpec, limit: int) -> Iterator[tuple[Image, str]]:
    """Crops of a set with their labels, from all over it."""
    from recognizer.labels import read_labels

    samples = read_labels(spec.root, spec.format, spec.characters, spec.base, spec.split)
    count = min(limit, len(samples))
    for sample in (samples[i * len(samples) // count] for i in range(count)):
        try:
            label = spec.label(sample.text)
            if label:
                yield sample.load(MARGIN_X, MARGIN_Y), label
        except (DataError, InputError):
            continue


def _rendered(preset: str, count: int) -> Iterator[tuple[Image, str]]:
    from recognizer.tasks import RenderOptions, load_preset

    renderer = load_preset(preset).renderer(RenderOptions())
    for index in range(count):
        sample = renderer.render(_SEED, index)
        yield sample.image, sample.text


@click.command("calibrate")
@click.option("--recognizer", required=True, help="Bundled name or weights file.")
@click.option(
    "--data", multiple=True, help="Labelled set to fit to: FOLDER[:split][,caseless][,...]."
)
@click.option("--rendered", type=click.Choice(list(PRESETS)), help="Fit to lines of this task.")
@click.option("--check", multiple=True, help="Set that is only measured, written as --data.")
@click.option(
    "--limit", type=click.IntRange(1), default=2000, show_default=True, help="Lines of a set."
)
@click.option("--backend", type=click.Choice(BACKENDS), default="auto", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write; the weights by default."
)
@click.option("--dry-run", is_flag=True, help="Measure, and write nothing.")
def command(
    recognizer: str,
    data: tuple[str, ...],
    rendered: str | None,
    check: tuple[str, ...],
    limit: int,
    backend: str,
    out: Path | None,
    dry_run: bool,
) -> None:
    """Make a recognizer's confidences say how often it is right.

    Reads labelled lines, best ones that it was not trained on, fits how its own probability of
    a text becomes the share of such texts that are right, and writes a few numbers into the
    header of its weights. What a language model settles is fitted by itself: best with one that
    does not know the lines' texts. Files that ocr export made of them have to be made anew.
    """
    from ocr_pipeline.core.weights import SUFFIX, find_weights, replace_header
    from recognizer.confidence import BY_LANGUAGE, KEY, Calibration
    from recognizer.predictor import Recognizer

    if not data and rendered is None:
        raise UsageError("name lines to fit to, with --data or --rendered")
    weights = find_weights(recognizer, "recognizer")
    if weights.suffix != SUFFIX:
        raise UsageError(f"{weights}: calibrate its weights file ({SUFFIX}), then export it")
    net = Recognizer.from_weights(weights, backend=backend)
    readers = [_reader(text, limit) for text in data]
    if rendered is not None:
        name = f"rendered {rendered}"
        readers.append(lambda net: measure(name, _rendered(rendered, limit), net, True))
    checks = [_reader(text, limit) for text in check]
    language, looks = net.language, (net.look_below, net.zooms)
    if language is not None:  # the first of two stages, on which hangs whether there is a second
        net.language, net.look_below, net.zooms = None, 0.0, ()
    before, net.calibration = net.calibration, Calibration()
    fitted = [read(net) for read in readers]
    found = fit_sets(fitted)
    _report(fitted, [read(net) for read in checks], before, found)
    entry = found.to_header()
    if language is not None:
        # Which lines are read again hangs on their confidence without the model.
        net.language, net.calibration = language, found
        net.look_below, net.zooms = looks
        before, net.language_calibration = net.language_calibration, Calibration()
        again = [claims for read in readers if len((claims := read(net).settled()).sure)]
        if any(claims.right.any() for claims in again) and any((~c.right).any() for c in again):
            second = fit_sets(again)
            _report(again, [read(net).settled() for read in checks], before, second)
            entry[BY_LANGUAGE] = second.to_header()
    if not dry_run:
        replace_header(weights, out or weights, {KEY: entry})
        click.echo(f"{out or weights}")


def _report(
    fitted: Sequence[Claims], checked: Sequence[Claims], before: Calibration, found: Calibration
) -> None:
    for claims, mark in [*((c, "fitted") for c in fitted), *((c, "checked") for c in checked)]:
        if len(claims.sure):
            click.echo(
                f"{mark:8} {claims.name:24} {len(claims.sure):6} lines, "
                f"{claims.right.mean():.3f} right, "
                f"calibration error {claims.error(before):.3f} -> {claims.error(found):.3f}"
            )
    lead = f", lead {found.lead:.4f}" if found.lead else ""
    click.echo(f"slope {found.slope:.4f}, offset {found.offset:.4f}{lead}")


def _reader(text: str, limit: int) -> Callable[[Recognizer], Claims]:
    """What measures a set as it is written on the command line."""
    from recognizer.dataset import SetSpec

    spec = SetSpec.parse(text)
    name = spec.root.name + (f":{spec.split}" if spec.split else "")
    return lambda net: measure(name, _labelled(spec, limit), net, not spec.caseless)
