# SPDX-License-Identifier: Apache-2.0
"""``ocr train language``: makes a character n-gram of rendered texts, running text and labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

# Running text is taken in pieces as long as a line of print, spread over the whole of it.
_PIECE = 80
# Words count by the square root of how often they are used, so that a few do not drown the rest.
_MOST_OFTEN = 60


def running_text(paths: Sequence[Path], count: int, alphabet: Sequence[str]) -> Iterator[str]:
    """Pieces of running text at even distances.

    Args:
        paths: text files, or folders that hold them, as for the renderers.
        count: pieces, about; fewer where there is less text.
        alphabet: characters that are read; paragraphs with others are left out.

    Raises:
        DataError: if a path is not there.
    """
    from ocr_pipeline.core.rendering.words import read_corpus

    texts = read_corpus(paths, frozenset(alphabet)).prose
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


def chinese_texts(count: int, seed: int) -> Iterator[str]:
    """Lines as the Chinese recognizer is trained on, and each word as often as suits its use."""
    import numpy as np

    from recognizer.synthesis.chinese_forms import hasty_forms
    from recognizer.synthesis.chinese_text import ChineseText, counted_words

    source = ChineseText()
    for index in range(count):
        # Of signs and their wide twins nets give the former: recognizer/signs.py.
        yield hasty_forms(source.line(np.random.default_rng([seed, index])))
    for word, often in counted_words():
        for _ in range(min(_MOST_OFTEN, round(often**0.5))):
            yield word


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
@click.option(
    "--preset",
    type=click.Choice(["latin", "chinese"]),
    default="latin",
    show_default=True,
    help="Whose texts; chinese adds jieba's words where these are installed.",
)
@click.option("--rendered", default=160_000, show_default=True, help="Texts as they are rendered.")
@click.option("--corpus", multiple=True, type=click.Path(path_type=Path), help="Running text.")
@click.option("--pieces", default=20_000, show_default=True, help="Pieces of it, about.")
@click.option("--real", multiple=True, help="Labelled set: FOLDER[:split][,strip=...][,...].")
@click.option(
    "--order", type=click.IntRange(2, 7), show_default="5, Chinese 3", help="Characters in a row."
)
@click.option("--seed", default=0, show_default=True, help="Of the rendered texts.")
@click.option("--about", default="", help="What the text is; kept in the file.")
def command(
    out: Path,
    preset: str,
    rendered: int,
    corpus: tuple[Path, ...],
    pieces: int,
    real: tuple[str, ...],
    order: int | None,
    seed: int,
    about: str,
) -> None:
    """Make the character n-gram that recognizers consult where they are in doubt.

    Counts characters, case aside, of texts as they are rendered for training, of running text and
    of labels. A file named latin.ngram or chinese.ngram in $OCR_HOME/weights takes the bundled
    one's place.
    """
    from recognizer.language import MANY, ORDER, fit_language
    from recognizer.tasks import load_preset

    lines = [*running_text(corpus, pieces, load_preset(preset).alphabet), *labels(real)]
    if preset == "chinese":
        lines += chinese_texts(rendered, seed)
        # Of thousands of characters fewer in a row, and a pair seen once proves little.
        order = order or 3
        model = fit_language(lines, order, (1, 2, 2), about, MANY)
    else:
        lines += rendered_texts(corpus, rendered, seed)
        order = order or ORDER
        model = fit_language(lines, order, about=about)
    model.save(out)
    size = out.stat().st_size / 1e6
    click.echo(
        f"{len(lines)} lines, {len(model)} strings of 1 to {order} characters, {size:.1f} MB"
    )
    click.echo(str(out))
