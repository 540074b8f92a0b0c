# SPDX-License-Identifier: Apache-2.0
"""``ocr train language``: makes a character n-gram of rendered texts, running text and labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

# Running text is taken in pieces as long as a line of print, spread over the whole of it.
_PIECE = 80


def running_text(paths: Sequence[Path], count: int) -> Iterator[str]:
    """Pieces of running text at even distances.

    Args:
        paths: text files, or folders that hold them, as for the renderers.
        count: pieces, about; fewer where there is less text.

    Raises:
        DataError: if a path is not there.
    """
    from ocr_pipeline.core.rendering.text import LATIN_ALPHABET
    from ocr_pipeline.core.rendering.words import read_corpus

    texts = read_corpus(paths, frozenset(LATIN_ALPHABET)).prose
    step = max(_PIECE, sum(map(len, texts)) // max(count, 1))
    for text in texts:
        for start in range(0, len(text) - _PIECE + 1, step):
            yield text[start : start + _PIECE]


def rendered_texts(corpus: Sequence[Path], count: int, seed: int) -> Iterator[str]:
    """Texts as a recognizer is trained on, one in twelve of them a sign's."""
    import numpy as np

    from ocr_pipeline.core.rendering.text import TextSource

    source = TextSource(None, corpus)
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        yield source.placard(rng) if index % 12 == 0 else source.line(rng, _PIECE)


def labels(sets: Sequence[str]) -> Iterator[str]:
    """Labels of labelled sets, each written as for ``--real`` of the recognizer's training."""
    from recognizer.dataset import SetSpec
    from recognizer.labels import read_labels

    for text in sets:
        spec = SetSpec.parse(text)
        for sample in read_labels(spec.root, spec.format, spec.characters, spec.base, spec.split):
            label = spec.label(sample.text)
            if label:
                yield label


@click.command("language")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="File to write (.ngram)."
)
@click.option("--rendered", default=160_000, show_default=True, help="Texts as they are rendered.")
@click.option("--corpus", multiple=True, type=click.Path(path_type=Path), help="Running text.")
@click.option("--pieces", default=20_000, show_default=True, help="Pieces of it, about.")
@click.option("--real", multiple=True, help="Labelled set: FOLDER[:split][,strip=...][,...].")
@click.option("--order", type=click.IntRange(2, 7), default=5, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the rendered texts.")
@click.option("--about", default="", help="What the text is; kept in the file.")
def command(
    out: Path,
    rendered: int,
    corpus: tuple[Path, ...],
    pieces: int,
    real: tuple[str, ...],
    order: int,
    seed: int,
    about: str,
) -> None:
    """Make the character n-gram that recognizers consult where they are in doubt.

    Counts characters, case aside, of texts as they are rendered for training, of running text and
    of labels. A file named latin.ngram in $OCR_HOME/weights takes the bundled one's place.
    """
    from recognizer.language import fit_language

    lines = [*rendered_texts(corpus, rendered, seed), *running_text(corpus, pieces), *labels(real)]
    model = fit_language(lines, order, about=about)
    model.save(out)
    size = out.stat().st_size / 1e6
    click.echo(
        f"{len(lines)} lines, {len(model)} strings of 1 to {order} characters, {size:.1f} MB"
    )
    click.echo(str(out))
