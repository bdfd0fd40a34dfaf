# SPDX-License-Identifier: Apache-2.0
"""Keras weight files: every layout gives the same network, and damage is refused by name."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from unet_perception.errors import WeightsError

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.model.keras_import import (  # noqa: E402
    WeightCounts,
    read_keras_weights,
    weight_counts,
)
from unet_perception.model.unet import UNet  # noqa: E402

State = dict[str, NDArray[np.float32]]
Layer = dict[str, Any]

N_CLASSES = 5
N_FILTERS = 2
FIRST_CONV = 34
FIRST_UP = 5


def random_state(n_classes: int = N_CLASSES, n_filters: int = N_FILTERS) -> State:
    generator = np.random.default_rng(7)
    return {
        name: generator.standard_normal(tuple(tensor.shape)).astype(np.float32)
        for name, tensor in UNet(n_classes, n_filters).state_dict().items()
    }


def keras_names(state: State, conv: int = FIRST_CONV, up: int = FIRST_UP) -> dict[str, str]:
    """Keras' automatic names, counted per class from any number, by state_dict prefix."""
    names = {}
    for prefix in (name.removesuffix(".weight") for name in state if name.endswith(".weight")):
        if prefix.endswith(".up"):
            names[prefix] = f"conv2d_transpose_{up}" if up else "conv2d_transpose"
            up += 1
        else:
            names[prefix] = f"conv2d_{conv}" if conv else "conv2d"
            conv += 1
    return names


def keras_arrays(state: State, prefix: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # PyTorch (out, in, kH, kW), or (in, out, kH, kW) of a transposed convolution; the two
    # libraries reverse the pair of channels alike.
    return state[f"{prefix}.weight"].transpose(2, 3, 1, 0), state[f"{prefix}.bias"]


def layer(kind: str, name: str, inputs: list[str], *, keras: int, **config: Any) -> Layer:
    history = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [i, 0, 0]}} for i in inputs
    ]
    nodes: list[Any] = []
    if inputs and keras == 3:
        nodes = [{"args": [history if len(history) > 1 else history[0]], "kwargs": {}}]
    elif inputs:
        nodes = [[[i, 0, 0, {}] for i in inputs]]
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def keras_config(names: dict[str, str], keras: int = 3) -> dict[str, Any]:
    """The configuration that Keras writes for the reference network."""
    layers: list[Layer] = []

    def add(kind: str, name: str, inputs: list[str], **config: Any) -> str:
        layers.append(layer(kind, name, inputs, keras=keras, **config))
        return name

    def conv(prefix: str, x: str, activation: str = "relu") -> str:
        return add(
            "Conv2D",
            names[prefix],
            [x],
            padding="same",
            strides=[1, 1],
            dilation_rate=[1, 1],
            data_format="channels_last",
            use_bias=True,
            activation=activation,
        )

    x = add("InputLayer", "input_8", [])
    skips = []
    for depth in range(5):
        if depth:
            x = add(
                "MaxPooling2D",
                f"max_pooling2d_{depth}",
                [x],
                pool_size=[2, 2],
                strides=[2, 2],
                padding="valid",
                data_format="channels_last",
            )
        x = conv(f"encoder.{depth}.conv2", conv(f"encoder.{depth}.conv1", x))
        if depth >= 3:
            x = add("Dropout", f"dropout_{depth}", [x], rate=0.3)
        skips.append(x)
    skips.pop()
    for step in range(4):
        up = add(
            "Conv2DTranspose",
            names[f"decoder.{step}.up"],
            [x],
            padding="same",
            strides=[2, 2],
            dilation_rate=[1, 1],
            data_format="channels_last",
            use_bias=True,
            activation="linear",
            output_padding=None,
        )
        x = add("Concatenate", f"concatenate_{step}", [up, skips.pop()], axis=-1 if step else 3)
        x = conv(f"decoder.{step}.conv2", conv(f"decoder.{step}.conv1", x))
    conv("head.classifier", conv("head.conv", x), "linear")
    return {"class_name": "Functional", "config": {"name": "model_5", "layers": layers}}


def fill_numbered(file: Any, state: State, named: bool = True, group: str = "layers/{}") -> None:
    """Keras 3: groups counted from zero per class, tensors numbered, names in attributes."""
    places = keras_names(state, 0, 0)
    for prefix, name in keras_names(state).items():
        variables = file.create_group(f"{group.format(places[prefix])}/vars")
        if named:
            variables.attrs["name"] = name
        for index, array in enumerate(keras_arrays(state, prefix)):
            variables[str(index)] = array
    file["optimizer/vars/0"] = np.arange(3)


def fill_named(file: Any, state: State, colon: str = "", order: bool = True) -> None:
    """Keras 2, and whole-model h5 of Keras 3: groups and tensors by name."""
    names = keras_names(state)
    if order:
        file.attrs["layer_names"] = np.array(
            [b"input_8", *(name.encode() for name in names.values()), b"dropout_3"]
        )
    file.create_group("dropout_3")
    for prefix, name in names.items():
        for tensor, array in zip(("kernel", "bias"), keras_arrays(state, prefix), strict=True):
            file[f"{name}/{name}/{tensor}{colon}"] = array


def write_keras(
    path: Path, state: State, named: bool = True, config: dict[str, Any] | None = None
) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill_numbered(file, state, named)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config or keras_config(keras_names(state))))
        archive.writestr("model.weights.h5", buffer.getvalue())


def write_unnamed_keras(path: Path, state: State) -> None:
    write_keras(path, state, named=False)


def write_weights_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_numbered(file, state)


def write_windows_weights_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_numbered(file, state, False, "_layer_checkpoint_dependencies\\{}")


def write_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(keras_config(keras_names(state)))
        fill_named(file.create_group("model_weights"), state)
        file["optimizer_weights/iteration"] = 5


def write_keras_2_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(keras_config(keras_names(state), 2)).encode()
        fill_named(file.create_group("model_weights"), state, ":0")


def write_keras_2_weights(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_named(file, state, ":0")


Writer = Callable[[Path, State], None]
WRITERS: dict[str, Writer] = {
    "unet.keras": write_keras,
    "unnamed.keras": write_unnamed_keras,
    "unet.weights.h5": write_weights_h5,
    "windows.weights.h5": write_windows_weights_h5,
    "unet.h5": write_h5,
    "keras_2.h5": write_keras_2_h5,
    "keras_2_weights.h5": write_keras_2_weights,
}


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


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def replace(name: str, array: Any, **options: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        file.create_dataset(name, data=array, **options)

    return change


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


def by_name(config: dict[str, Any], name: str) -> Layer:
    return next(item for item in config["config"]["layers"] if item["name"] == name)


def setting(name: str, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: by_name(config, name)["config"].update({key: value})


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


def test_foreign_and_missing_files_say_why(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        read_keras_weights(tmp_path / "none.keras")
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        read_keras_weights(tmp_path)
    for content in (b"", b"version https://git-lfs.github.com/spec/v1\n"):
        (tmp_path / "foreign.h5").write_bytes(content)
        with pytest.raises(WeightsError, match="neither a zip archive of HDF5"):
            read_keras_weights(tmp_path / "foreign.h5")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(WeightsError, match=r"without model\.weights\.h5"):
        read_keras_weights(tmp_path / "other.zip")


def test_a_zip_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(8 << 20))
    with pytest.raises(WeightsError, match="not believed"):
        read_keras_weights(tmp_path / "bomb.keras")


@pytest.mark.parametrize(("offset", "value"), [(24, 0), (24, 41), (31, 255), (10, 255), (15, 255)])
def test_a_damaged_text_heap_is_refused_before_hdf5_runs_in_circles(
    tmp_path: Path, offset: int, value: int
) -> None:
    path = tmp_path / "unet.h5"
    write_weights_h5(path, random_state())
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    if offset == 24:
        # The walk lands on zeros that say: free space of no size.
        data[heap + 32 : heap + 400] = bytes(368)
    data[heap + offset] = value
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=rf"text at byte {heap} is cut or overwritten"):
        read_keras_weights(path)


def test_a_layer_list_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "unet.h5"
    write_h5(path, random_state())

    def numbers(file: Any) -> None:
        file["model_weights"].attrs["layer_names"] = np.arange(3)

    with pytest.raises(WeightsError, match="layer_names of /model_weights is not text"):
        read_keras_weights(edit(path, numbers))


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("damage")
    state = random_state(n_classes=2, n_filters=1)
    for name, write in WRITERS.items():
        write(folder / name, state)
    return folder, {name: (folder / name).read_bytes() for name in WRITERS}


DAMAGE = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@DAMAGE
@given(name=st.sampled_from(sorted(WRITERS)), share=st.floats(0.0, 1.0, exclude_max=True))
def test_truncation_is_refused(
    intact: tuple[Path, dict[str, bytes]], name: str, share: float
) -> None:
    folder, files = intact
    path = folder / f"cut_{name}"
    path.write_bytes(files[name][: int(share * len(files[name]))])
    with pytest.raises(WeightsError, match="cut_"):
        read_keras_weights(path)


@DAMAGE
@given(
    name=st.sampled_from(sorted(WRITERS)),
    flips=st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(1, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes_are_refused_or_leave_a_network(
    intact: tuple[Path, dict[str, bytes]], name: str, flips: list[tuple[float, int]]
) -> None:
    folder, files = intact
    data = bytearray(files[name])
    for share, mask in flips:
        data[int(share * (len(data) - 1))] ^= mask
    path = folder / f"flipped_{name}"
    path.write_bytes(data)
    try:
        state = read_keras_weights(path)
    except WeightsError:
        return
    shapes = {name: array.shape for name, array in random_state(2, 1).items()}
    assert {name: array.shape for name, array in state.items()} == shapes
    assert all(np.isfinite(array).all() for array in state.values())
