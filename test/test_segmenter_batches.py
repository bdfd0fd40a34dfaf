# SPDX-License-Identifier: Apache-2.0
"""Several frames in one call: each gets its own mask, and nothing grows with the picture."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import pytest
from color_engine import ColorEngine, color_segmenter, picture
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_perception import segmenter as module
from unet_perception.errors import ConfigError, EngineError
from unet_perception.imaging import Frame, resize_nearest
from unet_perception.model.encoding import ENCODINGS, encode_pixels
from unet_perception.segmenter import Segmenter, find_model, join_engines

SIZE = (24, 32)
SIZES = ((24, 32), (48, 64), (600, 800), (17, 33))


def frame(number: int, size: tuple[int, int], encoding: str) -> Frame:
    """A frame that says its number in every pixel."""
    return Frame(encode_pixels(picture(np.full(size, number, np.uint8)), encoding), encoding)


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(
        st.lists(
            st.tuples(st.sampled_from(SIZES), st.sampled_from(ENCODINGS), st.booleans()),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_each_frame_has_its_own_mask(
    calls: list[list[tuple[tuple[int, int], str, bool]]],
) -> None:
    segmenter = color_segmenter(size=SIZE, batches=(2, 4))
    number = 0
    for call in calls:
        frames, outs = [], []
        for size, encoding, given_out in call:
            number += 1
            frames.append(frame(number, size, encoding))
            outs.append(np.full(size, 255, np.uint8) if given_out else None)
        results = segmenter.segment_all(frames, outs)
        assert len(results) == len(frames)
        first = number - len(frames) + 1
        for place, (result, sent, out) in enumerate(zip(results, frames, outs, strict=True)):
            assert result.mask.shape == (sent.height, sent.width)
            assert (result.mask == first + place).all()
            assert (result.ids == first + place).all()
            if out is not None:
                assert result.mask is out


def test_pixels_are_those_of_a_frame_alone() -> None:
    segmenter = color_segmenter(size=SIZE, batches=(2,))
    answers = [np.random.default_rng(seed).integers(0, 13, SIZE, np.uint8) for seed in (1, 2)]
    frames = [Frame(picture(answer), "rgb8") for answer in answers]
    for result, answer in zip(segmenter.segment_all(frames, [None, None]), answers, strict=True):
        assert np.array_equal(result.ids, answer)
        assert np.array_equal(result.mask, resize_nearest(answer, SIZE))


@pytest.mark.parametrize(("waiting", "runs"), [(1, 1), (2, 2), (3, 4), (4, 4)])
def test_the_smallest_engine_that_holds_them_runs_once(waiting: int, runs: int) -> None:
    engines = {batch: ColorEngine(SIZE, batch) for batch in (1, 2, 4)}
    segmenter = Segmenter(color_segmenter().bundle, engines[1], [engines[4], engines[2]])
    assert segmenter.max_batch == 4
    segmenter.segment_all([frame(7, SIZE, "rgb8")] * waiting, [None] * waiting)
    assert {batch: engine.calls for batch, engine in engines.items()} == {
        batch: int(batch == runs) for batch in engines
    }
    segmenter.close()
    assert all(engine.closed for engine in engines.values())


@pytest.mark.parametrize("count", [0, 3])
def test_too_many_frames_or_none_are_refused(count: int) -> None:
    segmenter = color_segmenter(size=SIZE, batches=(2,))
    with pytest.raises(EngineError, match=f"{count} frames at once; it must be 1 to 2"):
        segmenter.segment_all([frame(1, SIZE, "rgb8")] * count, [None] * count)


def test_nothing_that_grows_with_the_picture_is_allocated() -> None:
    # Cameras of two sizes and two orders of colours, whose places in the batch change.
    segmenter = color_segmenter(size=SIZE, batches=(2,))
    frames = [frame(1, (600, 800), "rgb8"), frame(2, (720, 1280), "bgra8")]
    outs = [np.zeros((f.height, f.width), np.uint8) for f in frames]
    calls = [(frames, outs), (frames[::-1], outs[::-1]), (frames[1:], outs[1:])]
    for these, masks in calls:
        segmenter.segment_all(these, masks)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for these, masks in calls * 3:
        segmenter.segment_all(these, masks)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    # The stand-in's own masks at 24x32; a mask of a camera has 480000 bytes and more.
    assert peak < 40_000


def test_a_folder_of_many_sizes_keeps_few_tables() -> None:
    segmenter = color_segmenter(size=SIZE)
    for width in range(32, 32 + 3 * module.KEPT_SIZES):
        result = segmenter.segment(frame(9, (40, width), "rgb8"))
        assert result.mask.shape == (40, width)
        assert (result.mask == 9).all()
    assert len(segmenter._upscalers) <= module.KEPT_SIZES


class Opened:
    """Stands in for ``open_engine``: batches cost nothing, and calls are kept."""

    def __init__(self, largest: int) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._largest = largest

    def __call__(self, bundle: object, *arguments: Any) -> ColorEngine:
        self.calls.append(arguments)
        batch = arguments[5] if len(arguments) > 5 else 1
        if batch > self._largest:
            raise EngineError("the GPU's memory is used up")
        engine = ColorEngine(SIZE, batch)
        engine.info = dataclasses.replace(engine.info, name="tensorrt", precision="fp16")
        return engine


def test_engines_for_more_frames_are_of_the_same_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened(2)
    monkeypatch.setattr(module, "open_engine", opened)
    said: list[str] = []
    bundle = color_segmenter().bundle
    segmenter = join_engines(bundle, "auto", "auto", 3, "rgb8", max_batch=4, report=said.append)
    assert [call[:4] for call in opened.calls] == [
        ("auto", "auto", 3, "rgb8"),
        ("tensorrt", "fp16", 3, "rgb8"),
        ("tensorrt", "fp16", 3, "rgb8"),
    ]
    # What cannot be had is said, and the cameras are served all the same.
    assert segmenter.max_batch == 2
    assert "memory is used up" in segmenter.engine.info.detail
    assert "memory is used up" in said[-1]


def test_one_camera_opens_one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened(8)
    monkeypatch.setattr(module, "open_engine", opened)
    assert join_engines(color_segmenter().bundle).max_batch == 1
    assert len(opened.calls) == 1


@pytest.mark.parametrize("max_batch", [0, 65])
def test_a_number_of_frames_that_nobody_has_is_refused(max_batch: int) -> None:
    with pytest.raises(ConfigError, match=f"max_batch is {max_batch}"):
        join_engines(color_segmenter().bundle, max_batch=max_batch)


def test_the_shipped_model_is_measured_here() -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    bundle = module.load_bundle(find_model("carla_unet"))
    said: list[str] = []
    segmenter = join_engines(bundle, "openvino", "fp32", max_batch=2, report=said.append)
    assert "2 pictures at once take" in segmenter.engine.info.detail
    assert len(said) == 1
    frames = [frame(seed, (60, 80), "bgra8") for seed in (10, 200)][: segmenter.max_batch]
    results = segmenter.segment_all(frames, [None] * len(frames))
    for sent, result in zip(frames, results, strict=True):
        mask = result.mask.copy()
        assert (segmenter.segment(sent).mask == mask).mean() > 0.999
    segmenter.close()
