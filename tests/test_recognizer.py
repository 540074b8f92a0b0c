# SPDX-License-Identifier: Apache-2.0
"""The recognizer's nets, codec, CTC and data."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from ocr_pipeline.core.errors import DataError, WeightsError
from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training import train
from recognizer import DecodeOptions, Lexicon, Recognizer
from recognizer.alphabet import Alphabet, normalise
from recognizer.crnn import CRNN, paper_crnn, parameters
from recognizer.ctc import ctc_loss, greedy, merge_case, required_steps, widen_spans
from recognizer.dataset import SetSpec, batches_by_area
from recognizer.preprocessing import collate, prepare, snug
from recognizer.train import RecognizerTask, RecognizerTrainOptions

torch.set_num_threads(1)


def one_hot(path: list[int], classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[path] * 0.9 + 0.1 / classes


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([1], [1]),
        ([1, 1], [1]),
        ([1, 1, 1], [1]),
        ([1, 1, 1, 1], [1]),
        ([1, 0, 1], [1, 1]),
        ([1, 1, 0, 1, 1], [1, 1]),
        ([0, 0, 0], []),
        ([0, 2, 2, 0, 0, 1], [2, 1]),
        ([1, 2, 1], [1, 2, 1]),
    ],
)
def test_greedy_collapses_runs_and_keeps_doubles(path: list[int], expected: list[int]) -> None:
    decoded = greedy(one_hot(path, 3), blank=0)
    assert list(decoded.classes) == expected


def test_greedy_with_the_blank_last_and_on_no_steps() -> None:
    assert greedy(one_hot([2, 0, 2, 0, 2], 3), blank=2).classes == (0, 0)
    assert greedy(np.zeros((0, 3), np.float32), blank=0).classes == ()


def letters_across(rows: int, columns: int, top: int, tall: int) -> np.ndarray:
    """Bars like letters, from ``top``, on a pale ground, with a line across and specks."""
    image = np.full((rows, columns), 235, np.uint8)
    for x in range(20, columns - 20, 30):
        image[top : top + tall, x : x + 8] = 90
    image[top + tall // 2, 10 : columns - 10] = 90
    image[3::41, 5::37] = 60
    return image


def test_a_line_across_an_empty_square_is_cut_out() -> None:
    image = letters_across(300, 300, 120, 50)
    found = snug(image)
    assert found.shape[1] == 300
    assert 70 <= found.shape[0] <= 90
    assert (found.min(0) == 90).sum() >= 8 * 8


@pytest.mark.parametrize(
    "image",
    [
        letters_across(60, 300, 10, 30),  # a line's own crop
        letters_across(300, 300, 40, 200),  # filled
        np.full((200, 200), 255, np.uint8),  # empty
        np.pad(np.zeros((6, 60), np.uint8), ((60, 60), (20, 20)), constant_values=255),  # a dash
    ],
)
def test_other_crops_stay_as_they_are(image: np.ndarray) -> None:
    assert snug(image) is image


def test_greedy_reports_spans() -> None:
    decoded = greedy(one_hot([0, 1, 1, 0, 2], 3), blank=0)
    assert decoded.spans == ((1, 3), (4, 5))


def test_extents_are_ordered_and_within_the_line() -> None:
    extents = widen_spans([(1, 2), (3, 4), (9, 10)], 12)
    flat = list(itertools.chain(*extents))
    assert flat == sorted(flat) and flat[0] >= 0 and flat[-1] <= 12
    assert extents[0][1] == 2.5 and extents[1][1] == 6.5


def test_required_steps_counts_doubles() -> None:
    assert required_steps([1, 2, 3]) == 3
    assert required_steps([1, 1, 1]) == 5


def test_loss_against_brute_force() -> None:
    logits = torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(1))
    probabilities = logits[0].softmax(-1).numpy()
    total = 0.0
    for path in itertools.product(range(3), repeat=4):
        collapsed = [k for k, _ in itertools.groupby(path)]
        if [k for k in collapsed if k != 0] == [1, 2]:
            total += float(np.prod([probabilities[t, k] for t, k in enumerate(path)]))
    loss = ctc_loss(logits, [[1, 2]], torch.tensor([4]), blank=0)
    assert float(loss[0]) == pytest.approx(-np.log(total) / 2, rel=1e-4)


def test_merged_case_reads_either() -> None:
    log_probs = torch.tensor([[0.1, 0.3, 0.6]]).log()
    merged = merge_case(log_probs, torch.tensor([[1, 2]])).exp()
    assert merged[0].tolist() == pytest.approx([0.1, 0.9, 0.0])


def test_alphabet_round_trip_and_errors() -> None:
    for blank in ("first", "last"):
        alphabet = Alphabet.of("abc AB", blank)
        assert alphabet.decode(alphabet.encode("Ab ca")) == "Ab ca"
        assert alphabet.blank_index not in alphabet.encode("abc AB")
        assert {
            (alphabet.decode(p[:1]), alphabet.decode(p[1:])) for p in alphabet.case_pairs()
        } == {
            ("a", "A"),
            ("b", "B"),
        }
    with pytest.raises(DataError, match="'a' stands at 0 and again at 2"):
        Alphabet.of("aba")
    with pytest.raises(DataError, match="'z'"):
        Alphabet.of("abc").encode("az")
    with pytest.raises(DataError, match="empty"):
        Alphabet.of("")


def test_labels_are_normalised() -> None:
    assert normalise(" ﬁn\u00a0 e\u0301t\t ") == "fin ét"


@pytest.mark.parametrize("rnn", ["lstm", "gru"])
def test_shapes_with_distinct_height_width_and_classes(rnn: str) -> None:
    net = CRNN(11, width=0.125, hidden=8, last=1, rnn=rnn).eval()
    assert net(torch.zeros(3, 1, 32, 52)).shape == (3, 13, 11)
    tall = CRNN(7, width=0.125, hidden=8, height=64).eval()
    assert tall(torch.zeros(2, 1, 64, 40)).shape == (2, 10, 7)


def test_paper_net_has_the_published_size() -> None:
    assert parameters(paper_crnn(37)) == pytest.approx(8.33e6, rel=0.002)


def test_both_directions_are_aligned_with_their_columns() -> None:
    """A change at one column moves the outputs there most, whichever direction reads it."""
    torch.manual_seed(0)
    net = CRNN(5, width=0.125, hidden=16, last=1).eval()
    columns = torch.randn(1, 40, 64)
    layer = net.recurrent.layers[0]
    changed = columns.clone()
    changed[0, 30] += 3.0
    with torch.inference_mode():
        moved = (layer(changed)[0] - layer(columns)[0]).abs()[0]
    forward, backward = moved[:, :16].sum(1), moved[:, 16:].sum(1)
    assert int(forward.argmax()) == 30 and int(backward.argmax()) == 30
    assert float(forward[:30].sum()) == 0.0 and float(backward[31:].sum()) == 0.0


def test_batch_norm_uses_its_statistics_in_eval_mode() -> None:
    torch.manual_seed(0)
    net = CRNN(5, width=0.125, hidden=8, last=1)
    lines = torch.randn(4, 1, 32, 32)
    net(lines)
    net.eval()
    assert torch.allclose(net(lines)[:1], net(lines[:1]), atol=1e-5)


def test_unknown_cell_is_named() -> None:
    with pytest.raises(WeightsError, match="'lstn'"):
        CRNN(5, rnn="lstn")


def test_preprocessing_stretches_faded_print_and_leaves_blank_paper() -> None:
    faded = np.full((20, 50), 200, np.uint8)
    faded[5:15, 10:40] = 150
    line = prepare(faded, 32)
    assert line.shape == (32, 80)
    assert line.min() == pytest.approx(-1, abs=0.05) and line.max() == pytest.approx(1, abs=0.05)
    assert np.abs(prepare(np.full((20, 50), 230, np.uint8), 32)).max() < 0.1


def test_colour_is_read_as_rgb() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    from recognizer.preprocessing import to_grey

    assert int(to_grey(red)[0, 0]) == 76  # 0.299 of 255, as ITU-R 601 weighs red


def test_batches_hold_every_line_once_within_the_area() -> None:
    widths = [40, 300, 80, 800, 44, 120, 2000]
    groups = batches_by_area(widths, 800)
    assert sorted(i for group in groups for i in group) == list(range(7))
    for group in groups:
        assert len(group) == 1 or len(group) * max(widths[i] for i in group) <= 800


def test_set_specs() -> None:
    spec = SetSpec.parse("some/where:train,caseless,strip=_,skip=~^")
    assert spec == SetSpec(Path("some/where"), "train", True, "_", "~^")
    assert spec.label("_un der") == "un der" and spec.label("a^b") is None
    with pytest.raises(DataError, match="'casles'"):
        SetSpec.parse("x,casles")


@dataclass
class FakeSample:
    image: np.ndarray
    text: str
    places: None = None


class FakeRenderer:
    """Eight short lines in Pillow's built-in face."""

    texts = ("cab", "abba", "a b", "bcc", "aaa", "b", "c a b", "acca")

    def render(self, seed: int, index: int) -> FakeSample:
        text = self.texts[int(np.random.default_rng([seed, index]).integers(8))]
        font = ImageFont.load_default(24)
        image = Image.new("L", (int(font.getlength(text)) + 8, 32), 255)
        ImageDraw.Draw(image).text((4, 2), text, fill=0, font=font)
        return FakeSample(np.asarray(image), text)


def tiny_task(seed: int = 0) -> RecognizerTask:
    options = RecognizerTrainOptions(
        width=0.25, hidden=32, layers=1, dropout=0.0, val_lines=8, chunk_lines=16, area=1600
    )
    return RecognizerTask(options, seed, Alphabet.of("abc "), FakeRenderer())  # type: ignore[arg-type]


def test_trainer_overfits_eight_lines_and_the_face_reads_them(tmp_path: Path) -> None:
    options = TrainOptions(
        out=tmp_path, max_steps=150, lr=3e-3, warmup=10, ema=0.9, threads=1, precision="fp32"
    )
    best = train(tiny_task(), options)
    recognizer = Recognizer.from_weights(best, device="cpu", precision="fp32")
    samples = [FakeRenderer().render(0, i) for i in range(24)]
    assert {sample.text for sample in samples} == set(FakeRenderer.texts)
    crops = [sample.image for sample in samples]
    readings = recognizer.read(crops)
    assert [reading.text for reading in readings] == [sample.text for sample in samples]
    for reading in readings:
        assert "".join(char.text for char in reading.chars) == reading.text
        assert all(0 <= c.start < c.end <= 1 for c in reading.chars)
    pairs = Recognizer.from_weights(best, device="cpu", precision="fp32", batch_size=2)
    assert [r.text for r in pairs.read(crops)] == [r.text for r in readings]
    words = DecodeOptions(beam=5, lexicon=Lexicon.of(["cab", "bcc", "a", "b"]))
    bound = Recognizer.from_weights(best, device="cpu", precision="fp32", decoding=words)
    by_text = {s.text: r.text for s, r in zip(samples, bound.read(crops), strict=True)}
    assert by_text["cab"] == "cab" and by_text["a b"] == "a b" and by_text["abba"] != "abba"
    alone = [recognizer.read([crop])[0] for crop in crops]
    assert [r.text for r in alone] == [r.text for r in readings]
    assert [r.confidence for r in alone] == pytest.approx(
        [r.confidence for r in readings], abs=1e-4
    )


def test_interrupted_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    def options(name: str, steps: int, resume: bool = False) -> TrainOptions:
        return TrainOptions(
            out=tmp_path / name,
            max_steps=steps,
            warmup=2,
            threads=1,
            precision="fp32",
            resume=resume,
        )

    train(tiny_task(), options("whole", 12))
    task = tiny_task()
    counted = iter(range(100))
    step = task.loss

    def interrupted(model, batch):  # type: ignore[no-untyped-def]
        if next(counted) == 6:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGTERM)
        return step(model, batch)

    task.loss = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(task, options("cut", 12))
    train(tiny_task(), options("cut", 12, resume=True))
    states = [
        torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("whole", "cut")
    ]
    assert states[0]["counters"]["step"] == states[1]["counters"]["step"] == 12
    for part in ("model", "ema"):
        for key, value in states[0][part].items():
            assert torch.equal(value, states[1][part][key]), key


def test_starting_from_weights_keeps_shared_characters(tmp_path: Path) -> None:
    best = train(
        tiny_task(), TrainOptions(out=tmp_path / "a", max_steps=2, threads=1, precision="fp32")
    )
    from ocr_pipeline.core.weights import load_weights

    header, state = load_weights(best)
    options = RecognizerTrainOptions(width=0.25, hidden=32, layers=1)
    task = RecognizerTask(options, 5, Alphabet.of("xcab"), FakeRenderer())  # type: ignore[arg-type]
    before = task.model.state_dict()["classifier.weight"].clone()
    rows = task.adapt(header, state)["classifier.weight"]
    assert torch.equal(rows[0], state["classifier.weight"][0])  # the blank
    assert torch.equal(rows[2], state["classifier.weight"][3])  # c
    assert torch.equal(rows[1], before[1])  # x is new


def test_collate_pads_on_the_right() -> None:
    batch = collate([np.ones((32, 10), np.float32), np.ones((32, 21), np.float32)])
    assert batch.shape == (2, 1, 32, 24)
    assert float(batch[0, 0, :, 10:].abs().sum()) == 0.0
