# SPDX-License-Identifier: Apache-2.0
"""Batches: what the node would see when nothing is varied, and the same in any batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("kornia", reason="training needs kornia")

from unet_perception.dataset import list_pairs, write_pair  # noqa: E402
from unet_perception.imaging import Frame, network_input, resize_nearest  # noqa: E402
from unet_perception.labels import load_label_set  # noqa: E402
from unet_perception.training.augment import Augmentation  # noqa: E402
from unet_perception.training.augment.paste import find_things  # noqa: E402
from unet_perception.training.batch import make_batch  # noqa: E402
from unet_perception.training.examples import Examples, Part, load_examples  # noqa: E402

CARLA = load_label_set("carla-0.8")
ALL = Augmentation(
    clean=0.0,
    **dict.fromkeys(
        ("recolor", "shadow", "wet", "haze", "rain", "hue", "sharpen", "noise", "jpeg", "blur"),
        0.5,
    ),
    night=0.4,
    sunset=0.4,
    paste=0.5,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    root = tmp_path_factory.mktemp("data")
    for number, size in enumerate([(60, 80), (48, 90), (60, 80), (20, 20)]):
        rng = np.random.default_rng(number)
        rgb = rng.integers(0, 256, (*size, 3), np.uint8)
        ids = np.full(size, 7, np.uint8)
        ids[2:8, 3:5] = 4
        write_pair(root, str(number), rgb, ids)
    table = np.arange(256, dtype=np.uint8)
    return load_examples([Part(list_pairs(root), CARLA, table)])


def test_unvaried_pictures_are_what_the_node_sees(data: Examples) -> None:
    size = (33, 47)
    batch = make_batch(data, range(4), range(4), 1, 2, size, Augmentation.none())
    assert batch.images.dtype == torch.float32
    assert batch.masks.dtype == torch.uint8
    for i in range(4):
        seen = network_input(Frame(data.image(i), "rgb8"), size)
        assert np.array_equal(batch.images[i].permute(1, 2, 0).mul(255).round().numpy(), seen)
        assert np.array_equal(batch.masks[i].numpy(), resize_nearest(data.mask(i), size))


def test_a_picture_is_the_same_in_any_batch(data: Examples) -> None:
    indices = [0, 1, 2, 3, 2, 2, 1, 0, 3, 3, 0, 0]
    things = find_things(data.counts, CARLA)

    def make(at: list[int]) -> object:
        chosen = [indices[i] for i in at]
        return make_batch(data, chosen, at, 3, 5, (32, 48), ALL, things=things)

    whole = make(list(range(12)))
    for at in ([4], [0, 2, 4, 6, 8, 10], [11, 5]):
        part = make(at)
        assert torch.equal(part.masks, whole.masks[at])
        assert torch.allclose(part.images, whole.images[at], atol=1e-5)
    assert whole.images.min() >= 0
    assert whole.images.max() <= 1
    # The same example at two places of the epoch is varied in two ways.
    assert not torch.equal(whole.images[4], whole.images[5])


@pytest.mark.parametrize("change", [{"epoch": 4}, {"seed": 6}])
def test_seed_and_epoch_change_everything(data: Examples, change: dict[str, int]) -> None:
    common = {"epoch": 3, "seed": 5, "size": (32, 48), "augmentation": ALL}
    one = make_batch(data, [0], [0], **common)
    assert torch.equal(one.images, make_batch(data, [0], [0], **common).images)
    assert not torch.equal(one.images, make_batch(data, [0], [0], **{**common, **change}).images)


def test_an_empty_share_of_a_step_is_an_empty_batch(data: Examples) -> None:
    batch = make_batch(data, [], [], 1, 1, (32, 48), ALL)
    assert batch.images.shape == (0, 3, 32, 48)
    assert batch.masks.shape == (0, 32, 48)


def test_a_part_of_the_input_is_at_its_scale(data: Examples) -> None:
    whole = network_input(Frame(data.image(0), "rgb8"), (60, 80))
    batch = make_batch(data, [0] * 5, range(5), 1, 1, (16, 20), Augmentation.none(), whole=(60, 80))
    windows = np.lib.stride_tricks.sliding_window_view(whole, (16, 20), axis=(0, 1))
    places = set()
    for picture in batch.images.mul(255).round().to(torch.uint8).numpy():
        (found,) = np.argwhere((windows == picture).all(axis=(2, 3, 4)))
        places.add(tuple(found))
    assert len(places) > 1


def test_make_batch_leaves_the_examples_alone(data: Examples, tmp_path: Path) -> None:
    before = [data.image(i).copy() for i in range(4)]
    make_batch(
        data, range(4), range(4), 1, 2, (32, 48), ALL, things=find_things(data.counts, CARLA)
    )
    assert all(np.array_equal(data.image(i), before[i]) for i in range(4))
