# SPDX-License-Identifier: Apache-2.0
"""CTC prefix beam search with a character n-gram, where most of a line is beyond doubt.

Does what :func:`recognizer.beam.prefix_beam` does with an n-gram, in a tenth of its time: sums in
plain numbers, prefixes as nodes of a tree, and no more of them alive than can still win.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recognizer.alphabet import Alphabet
from recognizer.language import LanguageModel

#: Of each prefix the mass of paths that end in a blank, and in its last character.
Beams: TypeAlias = dict[int, tuple[float, float]]
# A prefix that no language was asked about: the most mass that it may have, negative, the prefix
# that it is longer than by a class, that class, and its mass so far. Where the class is -1, the
# mass of the prefix itself.
_New: TypeAlias = tuple[float, int, int, float]


@dataclass(frozen=True, slots=True)
class Search:
    """How far a language is trusted, and how widely is looked.

    Attributes:
        weight: of the model's log-probability.
        reward: added to each log-probability, so that longer texts are not punished: nets run
            letters together more often than they see some that are not there.
        least: log-probabilities count as this at least: what a model has not seen can still be.
        width: prefixes kept after each step.
        margin: prefixes this much less likely than the best, as a logarithm, are dropped.
    """

    weight: float = 0.35
    reward: float = 3.0
    least: float = -9.0
    width: int = 12
    margin: float = 7.0

    def score(self, log_probability: float) -> float:
        """What a character that the model gives this logarithm adds to that of a text."""
        return self.weight * (max(log_probability, self.least) + self.reward)


_SEARCHES = {
    # Where a net is in doubt between several characters, none of them may have as much as "none".
    "chinese": Search(weight=0.25, reward=6.0, least=-10.0, width=8, margin=6.0),
}


def search_for(preset: str) -> Search:
    """What suits a task's net."""
    return _SEARCHES.get(preset, Search())


class LanguageReader:
    """Reads lines in the light of a language.

    Args:
        model: the language.
        alphabet: the net's characters.
        search: how far the language is trusted.
    """

    def __init__(self, model: LanguageModel, alphabet: Alphabet, search: Search) -> None:
        self.model, self.search, self.blank = model, search, alphabet.blank_index
        self._numbers = [
            0 if index == self.blank else model.numbers(alphabet.character(index))[0]
            for index in range(len(alphabet.characters) + 1)
        ]

    def read(self, probabilities: npt.NDArray[np.float32]) -> tuple[tuple[int, ...], float]:
        """The likeliest text of a line's (T, classes), as classes, and its share of all found."""
        return language_beam(probabilities, self.blank, self.model, self._numbers, self.search)

    def prior(self, text: Sequence[int]) -> float:
        """What the language adds to the logarithm of a text's probability."""
        state, total = self.model.begin(), 0.0
        for index in text:
            number = self._numbers[index]
            total += self.search.score(self.model.follow(state, number))
            state = self.model.after(state, number)
        return total


def language_beam(
    probabilities: npt.NDArray[np.float32],
    blank: int,
    model: LanguageModel,
    numbers: Sequence[int],
    search: Search,
    floor: float = 5e-3,
) -> tuple[tuple[int, ...], float]:
    """The likeliest text of a line in the light of a language.

    Args:
        probabilities: (T, classes) of the line.
        blank: class of the blank.
        model: the language.
        numbers: of each class its character's number in the model.
        search: weight and reward of the model, width and margin of the search.
        floor: classes of a lower probability at a step are not followed.

    Returns:
        Classes of the text, and its share of the probability of all texts that the search ended
        with.
    """
    tree = _Tree(model, numbers, search)
    likely = probabilities > floor
    likely[:, blank] = True
    steps, classes = np.nonzero(likely)
    bounds = np.searchsorted(steps, np.arange(len(probabilities) + 1)).tolist()
    values, classes_ = probabilities[steps, classes].tolist(), classes.tolist()
    beams: Beams = {0: (1.0, 0.0)}
    for first, end in pairwise(bounds):
        if end - first == 1:  # the blank alone: all prefixes lose alike
            beams = {node: (b + c, 0.0) for node, (b, c) in beams.items()}
            continue
        followed = list(zip(classes_[first:end], values[first:end], strict=True))
        if len(beams) == 1 and len(followed) == 2:
            beams = _alone(tree, beams, followed, blank)
        else:
            beams = _kept(tree, *_extended(tree, beams, followed, blank))
    masses = {node: b + c for node, (b, c) in beams.items()}
    best_node = max(masses, key=masses.__getitem__)
    return tree.text(best_node), masses[best_node] / sum(masses.values())


def _extended(
    tree: _Tree, beams: Beams, followed: Sequence[tuple[int, float]], blank: int
) -> tuple[Beams, list[_New]]:
    """What one step makes of prefixes: masses of those that the tree has, and what is new.

    Args:
        tree: the prefixes.
        beams: masses of those that were kept; the best one has 1.
        followed: classes of the step and their probabilities.
        blank: class of the blank.
    """
    last, children, most = tree.classes, tree.children, tree.most
    found: Beams = {}
    new: list[_New] = []
    for node, (b, c) in beams.items():
        whole = b + c
        for index, value in followed:
            if index == blank:
                before = found.get(node, (0.0, 0.0))
                found[node] = before[0] + whole * value, before[1]
                continue
            source = whole
            if index == last[node]:
                before = found.get(node, (0.0, 0.0))
                found[node] = before[0], before[1] + c * value
                source = b  # a second equal character needs a blank before it
            mass = source * value
            if mass > tree.least:
                child = children.get((node, index))
                if child is None:
                    new.append((-mass * most, node, index, mass))
                else:
                    longer, factor = child
                    before = found.get(longer, (0.0, 0.0))
                    found[longer] = before[0], before[1] + mass * factor
    return found, new


def _alone(tree: _Tree, beams: Beams, followed: Sequence[tuple[int, float]], blank: int) -> Beams:
    """The same as :func:`_kept` of what :func:`_extended` gives, for one prefix and one character
    beside the blank, which every other step is, in half the time."""
    ((node, (b, c)),) = beams.items()
    (index, value), (_, nothing) = followed if followed[1][0] == blank else followed[::-1]
    same, source = ((b + c) * nothing, 0.0), b + c
    if index == tree.classes[node]:
        same, source = (same[0], c * value), b
    mass, heard, longer = same[0] + same[1], source * value, node
    if heard > tree.least:
        longer, factor = tree.children.get((node, index)) or tree.grow(node, index)
        heard *= factor
    if longer == node or heard < mass * tree.least:
        return {node: (same[0] * (1.0 / mass), same[1] * (1.0 / mass))}
    scale = 1.0 / max(mass, heard)
    found = {longer: (0.0, heard * scale), node: (same[0] * scale, same[1] * scale)}
    if mass < heard * tree.least:
        del found[node]
    return found if heard >= mass else dict(reversed(found.items()))


def _kept(tree: _Tree, found: Beams, new: list[_New]) -> Beams:
    """The prefixes that can still win, the likeliest first, with masses of which the best is 1.

    What the language makes of a new prefix is only looked up when it would be next if that were
    the most it can be: for most of them that never happens.
    """
    queue: list[_New] = [(-b - c, node, -1, 0.0) for node, (b, c) in found.items()]
    queue += new
    heapify(queue)
    least, scale = 0.0, 1.0
    beams: Beams = {}
    ends: dict[tuple[int, int], tuple[float, float]] = {}
    while queue and -queue[0][0] >= least and len(beams) < tree.search.width:
        mass, node, index, heard = queue[0]
        if index >= 0:
            longer, factor = tree.grow(node, index)
            found[longer] = 0.0, heard * factor
            heapreplace(queue, (-heard * factor, longer, -1, 0.0))
            continue
        heappop(queue)
        if not beams:
            least, scale = -mass * tree.least, -1.0 / mass
        # What two prefixes with the same end have in store is nearly the same: where one is no
        # less likely in every way, the other makes room for one that differs.
        b, c = found[node]
        more = ends.setdefault((tree.states[node], tree.classes[node]), (b, c))
        if more == (b, c) or b > more[0] or c > more[1]:
            beams[node] = b * scale, c * scale
    return beams


class _Tree:
    """Prefixes, each with its last class, its state in the model and its children."""

    def __init__(self, model: LanguageModel, numbers: Sequence[int], search: Search) -> None:
        self.model, self.numbers, self.search = model, numbers, search
        self.classes, self.parents, self.states = [-1], [0], [model.begin()]
        self.children: dict[tuple[int, int], tuple[int, float]] = {}
        # What is so much less likely than the best prefix is dropped; what the language may make
        # of a character at most.
        self.least, self.most = math.exp(-search.margin), math.exp(search.score(0.0))

    def grow(self, node: int, index: int) -> tuple[int, float]:
        """A new prefix, longer than another by a class, and what the language makes of that."""
        number, state = self.numbers[index], self.states[node]
        score = self.search.score(self.model.follow(state, number))
        found = len(self.classes), math.exp(score)
        self.children[node, index] = found
        self.classes.append(index)
        self.parents.append(node)
        self.states.append(self.model.after(state, number))
        return found

    def text(self, node: int) -> tuple[int, ...]:
        """Classes from the root to a node."""
        found = []
        while node:
            found.append(self.classes[node])
            node = self.parents[node]
        return tuple(reversed(found))
