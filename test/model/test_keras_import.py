# SPDX-License-Identifier: Apache-2.0
"""Keras weight files: every layout gives the same network, and damage is refused by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.errors import WeightsError

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from keras_files import (  # noqa: E402
    N_CLASSES,
    N_FILTERS,
    WRITERS,
    by_name,
    edit,
    keras_config,
    keras_names,
    random_state,
    replace,
    setting,
    write_keras,
    write_weights_h5,
)

from unet_perception.model.keras_import import (  # noqa: E402
    WeightCounts,
    read_keras_weights,
    weight_counts,
)
from unet_perception.model.unet import UNet  # noqa: E402


@pytest.fixture(params=sorted(WRITERS))
def keras_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path: Path = tmp_path / request.param
    WRITERS[request.param](path, random_state())
    return path


def test_every_layout_gives_the_same_network(keras_file: Path) -> None:
    expected = random_state()
    state = read_keras_weights(keras_file)
    assert list(state) == list(expected)
    for name, array in state.items():
        assert array.dtype == np.float32
        assert np.array_equal(array, expected[name]), name
    assert weight_counts(state) == WeightCounts(N_FILTERS, N_CLASSES)


@pytest.mark.parametrize(
    "name", ["keras_unet_f8.keras", "keras_unet_f8.h5", "keras_unet_f8.weights.h5"]
)
def test_logits_are_those_of_keras(shared: Path, name: str) -> None:
    golden = np.load(shared / "golden" / "keras_unet_f8_io.npz")
    state = read_keras_weights(shared / "golden" / name)
    counts = weight_counts(state)
    assert counts == WeightCounts(8, 23)
    model = UNet(counts.n_classes, counts.n_filters).eval()
    model.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})
    pixels = torch.from_numpy(golden["image"].astype(np.float32) / 255.0).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = model(pixels).permute(0, 2, 3, 1).numpy()
    assert np.abs(logits - golden["logits"]).max() < 1e-4


def test_half_precision_weights_become_single(tmp_path: Path) -> None:
    state = {name: array.astype(np.float16) for name, array in random_state().items()}
    write_weights_h5(tmp_path / "half.weights.h5", state)  # type: ignore[arg-type]
    read = read_keras_weights(tmp_path / "half.weights.h5")
    assert all(array.dtype == np.float32 for array in read.values())
    assert np.array_equal(read["head.conv.bias"], state["head.conv.bias"].astype(np.float32))


KERNEL = "layers/conv2d_10/vars/0"
GOOD = np.ones((3, 3, 16, 16), np.float32)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            replace(KERNEL, np.ones((3, 3, 16, 8), np.float32)),
            ["conv2d_10", "decoder.0.conv1", "(3, 3, 16, 8)", "(3, 3, 32, 16)"],
        ),
        (
            replace("layers/conv2d/vars/0", np.ones((3, 3, 4, 2), np.float32)),
            ["conv2d", "encoder.0.conv1", "(3, 3, 4, 2)", "(3, 3, 3, 2)"],
        ),
        (
            replace("layers/conv2d/vars/0", np.ones((3, 3, 3, 257), np.float32)),
            ["conv2d", "n_filters", "1 to 256"],
        ),
        (replace("layers/conv2d_19/vars/0", np.float32(1)), ["conv2d_19", "n_classes"]),
        (
            replace("layers/conv2d_11/vars/0", GOOD.astype(np.int8)),
            ["conv2d_11", "int8", "floating point"],
        ),
        (replace("layers/conv2d_11/vars/0", GOOD * np.nan), ["conv2d_11", "not finite"]),
        (
            replace("layers/conv2d_11/vars/0", GOOD, compression="gzip"),
            ["conv2d_11", "compressed"],
        ),
        (lambda file: file.pop("layers/conv2d_3/vars/1"), ["conv2d_3", "no bias"]),
        (lambda file: file.pop("layers/conv2d_3"), ["23 layers", "24"]),
        (
            lambda file: file.move("layers/conv2d_3", "layers/conv2d_transpose_7"),
            ["19 Conv2D layers", "20"],
        ),
        (lambda file: file.move("layers/conv2d_3", "layers/dense"), ["dense", "conv2d"]),
        (
            lambda file: file.create_dataset("layers/conv2d_3/vars/2", data=1.0),
            ["conv2d_3", "a tensor 2"],
        ),
        (lambda file: file.clear(), ["0 layers", "24"]),
    ],
)
def test_misfit_names_the_layer_and_the_shapes(
    tmp_path: Path, change: Callable[[Any], None], words: list[str]
) -> None:
    path = tmp_path / "unet.weights.h5"
    write_weights_h5(path, random_state())
    with pytest.raises(WeightsError) as caught:
        read_keras_weights(edit(path, change))
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_links_out_of_the_file_are_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["kernel"] = GOOD

    def external_link(file: Any) -> None:
        del file["layers/conv2d_11/vars/0"]
        file["layers/conv2d_11/vars/0"] = h5py.ExternalLink(str(other), "kernel")

    def external_storage(file: Any) -> None:
        del file["layers/conv2d_11/vars/0"]
        (tmp_path / "secret").write_bytes(GOOD.tobytes())
        file.create_dataset(
            "layers/conv2d_11/vars/0",
            GOOD.shape,
            np.float32,
            external=[(str(tmp_path / "secret"), 0, GOOD.nbytes)],
        )

    for change, words in ((external_link, "not followed"), (external_storage, "outside")):
        path = tmp_path / "unet.weights.h5"
        write_weights_h5(path, random_state())
        with pytest.raises(WeightsError, match=words):
            read_keras_weights(edit(path, change))


def test_a_group_inside_itself_ends(tmp_path: Path) -> None:
    def loop(file: Any) -> None:
        file["layers/again"] = file["layers"]

    path = tmp_path / "unet.weights.h5"
    write_weights_h5(path, random_state())
    with pytest.raises(WeightsError, match="more groups"):
        read_keras_weights(edit(path, loop))


def swap_concatenation(config: dict[str, Any]) -> None:
    nodes = by_name(config, "concatenate_2")["inbound_nodes"]
    nodes[0]["args"][0].reverse()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (swap_concatenation, ["concatenate_2", "encoder.1.conv2, decoder.2.up"]),
        (setting("conv2d_35", "activation", "elu"), ["conv2d_35", "activation", "elu", "relu"]),
        (setting("conv2d_35", "padding", "valid"), ["conv2d_35", "padding", "valid", "same"]),
        (setting("conv2d_transpose_5", "strides", [1, 1]), ["conv2d_transpose_5", "strides"]),
        (setting("conv2d_53", "activation", "relu"), ["conv2d_53", "softmax"]),
        (
            lambda config: by_name(config, "dropout_3").update(class_name="BatchNormalization"),
            ["dropout_3", "BatchNormalization"],
        ),
        (lambda config: config["config"]["layers"].pop(), ["head.classifier"]),
        (lambda config: config["config"]["layers"].pop(0), ["conv2d_34", "input_8"]),
        (lambda config: config.update(class_name="Sequential"), ["Sequential", "functional"]),
    ],
)
def test_another_network_of_the_same_shapes_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], words: list[str]
) -> None:
    state = random_state()
    config = copy.deepcopy(keras_config(keras_names(state)))
    change(config)
    path = tmp_path / "unet.keras"
    write_keras(path, state, config=config)
    with pytest.raises(WeightsError) as caught:
        read_keras_weights(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_softmax_and_objects_for_functions_are_understood(tmp_path: Path) -> None:
    state = random_state()
    config = keras_config(keras_names(state))
    setting("conv2d_53", "activation", "softmax")(config)
    setting("conv2d_35", "activation", {"class_name": "function", "config": "relu"})(config)
    write_keras(tmp_path / "unet.keras", state, config=config)
    assert list(read_keras_weights(tmp_path / "unet.keras")) == list(state)
