# SPDX-License-Identifier: Apache-2.0
"""How a net's probabilities become text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import UsageError
from recognizer.alphabet import Alphabet
from recognizer.beam import CharNgram, Lexicon, prefix_beam
from recognizer.confidence import states_of, sum_over_paths
from recognizer.ctc import Decoded, greedy
from recognizer.grammar import TextRule

# Beam that looks for a text of the task's form, and how much less likely than the likeliest text it
# may be: another form than those known is read with more certainty than that.
_RULED_BEAM, _RULED_FLOOR, _LEAST_LIKELY = 24, 1e-6, 1e-3
#: The same as a logarithm, of a text that has none of the task's forms.
LOG_FORMLESS = math.log(_LEAST_LIKELY)


@dataclass(frozen=True)
class DecodeOptions:
    """How probabilities become text.

    Attributes:
        beam: prefixes kept by prefix beam search; 0 takes the best path (greedy); None leaves it
            to the net: a narrow beam where nothing but CTC joins its columns (no recurrence), so
            that it may write one character twice, as two that look like it.
        ngram: character n-gram that helps the beam.
        ngram_weight: weight of its log-probability.
        lexicon: only words of this list are read; needs a beam.
        grammar: of number plates and expressions, prefer a text that can be one.
        language_model: where a net reads a language that there is a model of, and no beam, n-gram
            or lexicon is asked for, let the model decide on what the net is not sure of.
        second_look: let the net look again at what it is not sure of, at print where the doubt is
            great and a language has a say (:mod:`recognizer.second_look`), unless there is a
            lexicon.
    """

    beam: int | None = None
    ngram: CharNgram | None = None
    ngram_weight: float = 0.3
    lexicon: Lexicon | None = None
    grammar: bool = True
    language_model: bool = True
    second_look: bool = True

    def __post_init__(self) -> None:
        if self.beam is not None and self.beam < 0:
            raise UsageError(f"the beam's width must not be negative, not {self.beam}")
        if (self.ngram or self.lexicon) and not self.beam:
            raise UsageError("an n-gram or a lexicon needs a beam: set beam to 10 or more")

    def decode(
        self,
        probabilities: npt.NDArray[np.float32],
        alphabet: Alphabet,
        rule: TextRule | None = None,
        usual: int = 0,
    ) -> Decoded:
        """Decodes the (T, classes) probabilities of one line.

        Args:
            probabilities: of one line.
            alphabet: the net's.
            rule: what the texts of its task look like; a lexicon takes its place.
            usual: the beam where these options leave it to the net.
        """
        beam = usual if self.beam is None else self.beam
        if self.lexicon is not None:
            return self._beam(probabilities, alphabet, beam, self.lexicon)
        if beam:
            likeliest = self._beam(probabilities, alphabet, beam)
        else:
            likeliest = greedy(probabilities, alphabet.blank_index)
        if rule is None or not self.grammar or not likeliest.classes:
            return likeliest
        if rule.complete(alphabet.decode(likeliest.classes)):
            return likeliest
        width = max(beam, _RULED_BEAM)
        ruled = self._beam(probabilities, alphabet, width, rule, _RULED_FLOOR)
        texts = [likeliest.classes, ruled.classes]
        emitted = [states_of(probabilities, text, alphabet.blank_index) for text in texts]
        free, bound = sum_over_paths(emitted, texts)
        return ruled if ruled.classes and bound >= _LEAST_LIKELY * free else likeliest

    def _beam(
        self,
        probabilities: npt.NDArray[np.float32],
        alphabet: Alphabet,
        width: int,
        rule: TextRule | None = None,
        floor: float = 1e-4,
    ) -> Decoded:
        return prefix_beam(
            probabilities,
            alphabet,
            width,
            ngram=self.ngram,
            ngram_weight=self.ngram_weight,
            rule=rule,
            floor=floor,
        )
