# SPDX-License-Identifier: Apache-2.0
"""Engines for several pictures at a time: the same masks, and only where they are worth it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.engines import Engine, EngineInfo, batching, open_batches, open_engine
from unet_perception.engines.batching import batch_sizes, fitting, mean_wait
from unet_perception.errors import ConfigError, EngineError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle, load_bundle, save_bundle
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.spec import ModelSpec

BATCH = 3


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from unet_perception.model.unet import UNet

    torch.manual_seed(5)
    model = UNet(13, 4)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, std=0.1)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    path = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(path, weights, ModelSpec(4, (50, 71), load_label_set("carla-0.8")))
    return load_bundle(path)


def pictures(bundle: ModelBundle, encoding: str, seed: int) -> np.ndarray:
    shape = (BATCH, *bundle.spec.input_size, 3)
    rgb = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return encode_pixels(rgb, encoding)


@pytest.mark.parametrize("encoding", ["bgra8", "rgb8"])
@pytest.mark.parametrize("name", ["openvino", "pytorch"])
def test_each_picture_of_a_batch_has_the_mask_it_has_alone(
    bundle: ModelBundle, name: str, encoding: str
) -> None:
    pytest.importorskip(
        "openvino" if name == "openvino" else "torch", reason=f"{name} is not installed"
    )
    alone = open_engine(bundle, name, "fp32", encoding=encoding)
    together = open_engine(bundle, name, "fp32", encoding=encoding, batch=BATCH)
    assert (alone.batch, together.batch) == (1, BATCH)
    memory = together.inputs
    assert memory.shape == (BATCH, *alone.inputs.shape[1:])
    assert memory.flags.c_contiguous
    for seed in range(2):
        sent = pictures(bundle, encoding, seed)
        memory[...] = sent
        ids = together.infer_all().copy()
        assert ids.shape == (BATCH, *bundle.spec.input_size)
        assert ids.dtype == np.uint8
        assert len({mask.tobytes() for mask in ids}) == BATCH
        for picture, mask in zip(sent, ids, strict=True):
            assert (alone.infer(picture) == mask).mean() > 0.999
        # The first picture is what the calls for one are about.
        assert np.shares_memory(together.input, memory[0])
        assert np.array_equal(together.infer(sent[0]), ids[0])
    assert together.inputs is memory
    with pytest.raises(EngineError, match=r"\(10, 10, 3\)"):
        together.infer(np.zeros((10, 10, 3), np.uint8))


@pytest.mark.parametrize("batch", [0, -1, 65])
def test_a_batch_that_nobody_has_is_refused(bundle: ModelBundle, batch: int) -> None:
    with pytest.raises(ConfigError, match=f"batch is {batch}; it must be 1 to 64"):
        open_engine(bundle, batch=batch)


class ClockedEngine(Engine):
    """Takes the time that it is told to."""

    def __init__(self, clock: Clock, batch: int, seconds: float) -> None:
        self.info = EngineInfo("clocked", "1", "fp32", "none", "asked for", "made of brass")
        self.encoding = "rgb8"
        self.inputs = np.zeros((batch, 2, 2, 3), np.uint8)
        self.closed = False
        self._clock, self._seconds = clock, seconds

    def infer_all(self) -> np.ndarray:
        self._clock.now += self._seconds
        return self.inputs[..., 0]

    def close(self) -> None:
        self.closed = True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.made: dict[int, ClockedEngine] = {}

    def opener(self, seconds: Callable[[int], float]) -> Callable[[int], Engine]:
        def make(batch: int) -> Engine:
            self.made[batch] = ClockedEngine(self, batch, seconds(batch))
            return self.made[batch]

        return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    result = Clock()
    monkeypatch.setattr(batching, "time", SimpleNamespace(perf_counter=lambda: result.now))
    return result


@pytest.mark.parametrize(
    ("seconds", "largest", "kept", "said"),
    [
        # A processor that one picture keeps busy: the first mask would only come later.
        (lambda n: 0.01 * n, 4, [], "2.00 times as long as one, so they go one by one"),
        # Sooner by less than noise may be.
        (lambda n: 0.01 * (0.6 + 0.4 * n), 4, [], "1.40 times as long as one, so"),
        # A large GPU, where several cost little more than one.
        (lambda n: 0.001 * (0.9 + 0.1 * n), 4, [2, 4], "4 pictures at once take 1.30 times"),
        (lambda n: 0.001 * (0.95 + 0.05 * n), 6, [2, 4, 6], "6 pictures at once take 1.25"),
        # One that two pictures fill.
        (lambda n: 0.001 * max(1.0, n / 2), 8, [2], "2.00 times as long as one, so no more than 2"),
        (lambda n: 0.001, 1, [], ""),
    ],
)
def test_batches_are_opened_as_far_as_they_are_worth_it(
    clock: Clock, seconds: Callable[[int], float], largest: int, kept: list[int], said: str
) -> None:
    opener = clock.opener(seconds)
    single = opener(1)
    lines: list[str] = []
    assert [e.batch for e in open_batches(single, largest, opener, lines.append)] == kept
    assert {batch for batch, engine in clock.made.items() if not engine.closed} == {1, *kept}
    assert said in "".join(lines)
    assert single.info.detail.startswith("made of brass")
    assert said in single.info.detail


def test_an_engine_that_cannot_be_had_is_said(clock: Clock) -> None:
    opener = clock.opener(lambda batch: 0.001)

    def full(batch: int) -> Engine:
        if batch > 2:
            raise EngineError("the GPU's memory is used up")
        return opener(batch)

    single = opener(1)
    assert [engine.batch for engine in open_batches(single, 8, full)] == [2]
    assert "no batches of 4: the GPU's memory is used up" in single.info.detail


def test_measuring_a_slow_network_takes_no_longer_than_it_must(clock: Clock) -> None:
    opener = clock.opener(lambda batch: 2.0 * batch)
    single = opener(1)
    assert open_batches(single, 2, opener) == []
    assert clock.now == pytest.approx((batching.MIN_ROUNDS + 1) * 6.0)


@given(st.integers(1, 64))
def test_sizes_double_up_to_the_largest(largest: int) -> None:
    sizes = [1, *batch_sizes(largest)]
    assert sizes[-1] == largest
    assert sizes == sorted(set(sizes))
    for small, large in pairwise(sizes):
        assert large <= 2 * small
    for waiting in range(1, largest + 1):
        assert waiting <= fitting(waiting, sizes) < 2 * waiting


@given(st.integers(1, 64), st.floats(0.001, 1.0))
def test_one_by_one_the_mean_mask_comes_in_the_middle(pictures: int, seconds: float) -> None:
    assert mean_wait(pictures, {1: seconds}) == pytest.approx(seconds * (pictures + 1) / 2)
    assert mean_wait(pictures, {1: seconds, pictures: 0.5}) == pytest.approx(0.5)


def test_the_rest_of_a_line_goes_into_the_engine_that_holds_it() -> None:
    # Four in 3 s, then the other two in 2 s more.
    assert mean_wait(6, {1: 1.0, 2: 2.0, 4: 3.0}) == pytest.approx((4 * 3.0 + 2 * 5.0) / 6)


def test_a_gpus_engine_is_measured_for_another_thread() -> None:
    called: list[str] = []

    class Owned(ClockedEngine):
        def infer_all(self) -> np.ndarray:
            called.append("infer_all")
            return super().infer_all()

        def warm_up(self) -> None:
            called.append("warm_up")

    clock = Clock()
    open_batches(Owned(clock, 1, 0.0), 2, lambda batch: Owned(clock, batch, 0.0))
    assert set(called) == {"warm_up"}
