# SPDX-License-Identifier: Apache-2.0
"""What is counted, in which label set, and how frames are grouped."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from color_engine import color_segmenter, picture
from recorded_pairs import record

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.dataset.sources import Source
from unet_perception.errors import ConfigError, DatasetError, LabelSetError
from unet_perception.evaluation.evaluate import Terms, evaluate
from unet_perception.evaluation.result import DATASET, TOWN, WEATHER
from unet_perception.evaluation.truth import Truth
from unet_perception.labels import load_label_set

NETWORK = load_label_set("carla-0.8")


def halves(left: int, right: int, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    ids = np.full(shape, left, np.uint8)
    ids[:, shape[1] // 2 :] = right
    return ids


def folder(
    root: Path, pairs: list[tuple[np.ndarray, np.ndarray]], label_set: str = "", town: str = ""
) -> Path:
    for number, (answer, truth) in enumerate(pairs):
        write_pair(root, f"{number:03d}", picture(answer), truth)
    if label_set:
        write_info(root, DatasetInfo(label_set, town=town))
    return root


def test_both_resolutions_count_their_own_pixels(tmp_path: Path) -> None:
    root = folder(tmp_path, [(halves(7, 8), halves(7, 7))] * 3, "carla-0.8")
    truths = [Truth(Source(root), NETWORK)]
    segmenter = color_segmenter()
    for resolution, rows, pixels in (("camera", None, 48 * 64), ("network", None, 24 * 32)):
        found = evaluate(segmenter, truths, Terms(resolution, rows))
        scores = found.overall.scores
        assert sum(scores.support.values()) == 3 * pixels
        assert scores.accuracy == 0.5
        assert scores.iou == {7: 0.5, 8: 0.0}
        assert (scores.precision, scores.recall) == ({7: 1.0, 8: 0.0}, {7: 0.5})
        assert scores.fwiou == 0.5
    # The lower 12 of 48 rows are 6 of 24.
    camera = evaluate(segmenter, truths, Terms("camera", ignore_below=36)).overall.scores
    network = evaluate(segmenter, truths, Terms("network", ignore_below=36)).overall.scores
    assert camera.support[7] == 3 * 36 * 64
    assert network.support[7] == 3 * 18 * 32


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"resolution": "both"}, "resolution is 'both'"),
        ({"ignore_below": 0}, "ignore_below is 0"),
        ({"tolerance": 0.0}, "boundary_tolerance is 0.0"),
        ({"tolerance": math.nan}, "boundary_tolerance is nan"),
    ],
)
def test_terms_are_checked(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Terms(**values)


def test_finer_masks_are_mapped_to_the_network(tmp_path: Path) -> None:
    # Roads are 1 in carla-0.9.14 and 7 in carla-0.8; trucks and cars are both vehicles there.
    fine = load_label_set("carla-0.9.14")
    car, truck = fine.by_name("Car").id, fine.by_name("Truck").id
    root = folder(tmp_path, [(halves(10, 7), halves(car, 1))], fine.name)
    truth = Truth(Source(root), NETWORK)
    assert truth.label_set.name == "carla-0.8"
    assert "carla-0.9.14 -> carla-0.8" in truth.description
    assert evaluate(color_segmenter(), [truth]).overall.scores.accuracy == 1.0
    root = folder(tmp_path, [(halves(10, 7), halves(truck, 1))], fine.name)
    assert evaluate(color_segmenter(), [truth]).overall.scores.accuracy == 1.0


def test_partial_masks_are_compared_in_their_own_label_set(tmp_path: Path) -> None:
    # Anything else is 0 there: a building and a car are both right, a pavement is not.
    whole = folder(tmp_path / "whole", [(halves(7, 1), halves(7, 10))], "carla-0.8")
    answers = [(halves(1, 7), halves(0, 7)), (halves(8, 10), halves(0, 0))]
    roads = folder(tmp_path / "roads", answers)
    truths = [
        Truth(Source(roads, labels="carla-roads"), NETWORK),
        Truth(Source(whole), NETWORK),
    ]
    assert "AnythingElse is None or Buildings" in truths[0].description
    found = evaluate(color_segmenter(), truths)
    first, second = found.by(DATASET)
    assert (first.name, first.label_set.name) == ("roads", "carla-roads")
    assert first.scores.accuracy == 0.75
    assert first.scores.iou[7] == 1.0
    assert first.scores.iou[0] == pytest.approx(2 / 3)
    assert second.scores.accuracy == 0.5
    # What is scored in the network's own classes is never mixed with what is not.
    assert found.overall.label_set.name == "carla-0.8"
    assert found.overall.frames == 1
    assert evaluate(color_segmenter(), truths[:1]).overall.label_set.name == "carla-roads"


def test_coarse_masks_ask_nothing_that_they_do_not_know(tmp_path: Path) -> None:
    network = load_label_set("carla-0.9.14")
    truck, road = network.by_name("Truck").id, network.by_name("Roads").id
    root = folder(tmp_path, [(halves(truck, road), halves(10, 7))], "carla-0.8")
    truth = Truth(Source(root), network)
    assert truth.label_set.name == "carla-0.8"
    found = evaluate(color_segmenter("carla-0.9.14"), [truth])
    assert found.overall.scores.accuracy == 1.0


def test_frames_are_grouped_by_dataset_town_and_weather(tmp_path: Path) -> None:
    record(tmp_path / "one", range(3))
    same = [(halves(7, 7), halves(7, 7))] * 2
    folder(tmp_path / "two", same, "carla-0.8", "Town02")
    folder(tmp_path / "again" / "two", same[:1], "carla-0.8", "Town02")
    roots = [tmp_path / "one", tmp_path / "two", tmp_path / "again" / "two"]
    found = evaluate(color_segmenter(), [Truth(Source(root), NETWORK) for root in roots])
    assert [(p.name, p.frames) for p in found.by(DATASET)] == [
        ("one", 3),
        ("two", 2),
        ("two (2)", 1),
    ]
    assert [(p.name, p.frames) for p in found.by(TOWN)] == [("Town01", 3), ("Town02", 3)]
    assert [(p.name, p.frames) for p in found.by(WEATHER)] == [("clouds 5", 3)]
    assert found.by(TOWN)[1].scores.accuracy == 1.0
    assert found.overall.frames == len(found.frames) == 6
    total = sum(part.confusion for part in found.by(DATASET))
    assert np.array_equal(found.overall.confusion, total)


def test_the_result_is_plain_json(tmp_path: Path) -> None:
    nothing = np.full((48, 64), 255, np.uint8)
    root = folder(tmp_path, [(halves(7, 200), halves(7, 8)), (nothing, nothing)], "carla-0.8")
    found = evaluate(color_segmenter(), [Truth(Source(root), NETWORK)])

    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(json.dumps(found.as_dict()), parse_constant=refuse)
    assert document["miou"] == 0.5
    assert document["classes"]["Roads"]["iou"] == 1.0
    assert document["classes"]["Sidewalks"]["recall"] == 0.0
    assert document["classes"]["Walls"]["iou"] is None
    assert document["resolution"] == "camera"
    assert document["frames"][1] == {
        "dataset": root.name,
        "name": "001",
        "miou": None,
        "accuracy": None,
    }
    # An answer that is no class is a miss, and stands in the last column.
    assert document["datasets"][0]["confusion"][8][-1] == 48 * 32


def test_held_out_pairs_are_those_that_training_holds_out(tmp_path: Path) -> None:
    root = folder(tmp_path, [(halves(7, 7), halves(7, 7))] * 10, "carla-0.8")
    truth = Truth(Source(root, hold_out=0.2), NETWORK)
    assert [pair.name for pair in truth.pairs] == ["008", "009"]
    assert truth.split == "held out 0.2"


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    root = folder(tmp_path / "strays", [(halves(7, 7), halves(7, 40))], "carla-0.8")
    with pytest.raises(DatasetError, match=r"000\.png: has id 40"):
        evaluate(color_segmenter(), [Truth(Source(root), NETWORK)])
    with pytest.raises(LabelSetError, match="unknown label set 'mine'"):
        Truth(Source(root, labels="mine"), NETWORK)


def test_frames_that_are_scored_at_the_same_time_keep_their_own_answers(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    answers = [rng.integers(0, 13, (48, 64)).astype(np.uint8) for _ in range(60)]
    root = folder(tmp_path, [(ids, ids) for ids in answers], "carla-0.8")
    truths = [Truth(Source(root), NETWORK)]
    for resolution in ("camera", "network"):
        segmenter = color_segmenter(size=(48, 64))
        assert evaluate(segmenter, truths, Terms(resolution)).overall.scores.accuracy == 1.0
