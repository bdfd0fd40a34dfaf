# SPDX-License-Identifier: Apache-2.0
"""The network as ONNX: any order of colours, half or single, any batch, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from unet_perception.errors import ConfigError, WeightsError
from unet_perception.labels import LabelSet, load_label_set
from unet_perception.model.bundle import load_bundle, save_bundle
from unet_perception.model.encoding import (
    ENCODINGS,
    channels,
    encode_pixels,
    fold_encoding,
)
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
onnx = pytest.importorskip("onnx", reason="onnx is not installed")

from onnx import TensorProto, numpy_helper  # noqa: E402

from unet_perception.model.export import export_onnx  # noqa: E402
from unet_perception.model.onnx_file import build_onnx, read_weights  # noqa: E402

FIRST_WEIGHT = "encoder.0.conv1.weight"
SIZES = [(32, 48), (23, 37)]


@pytest.fixture(scope="module")
def weights() -> dict[str, NDArray[np.float32]]:
    from unet_perception.model.unet import UNet

    torch.manual_seed(7)
    model = UNet(13, 4)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, std=0.1)
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def pictures(count: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, *size, 3), dtype=np.uint8)


def reference(weights: dict[str, NDArray[np.float32]], rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from unet_perception.model.unet import UNet

    model = UNet(13, 4).eval()
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    with torch.inference_mode():
        logits = model(torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255.0)
    return np.asarray(logits.argmax(1).to(torch.uint8).numpy())


def run(data: bytes, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    from unet_perception.engines.openvino_core import openvino_core

    core = openvino_core()
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return np.asarray(core.compile_model(core.read_model(data), "CPU", options)(pixels)[0])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_ids_are_those_of_the_network(
    weights: dict[str, NDArray[np.float32]], size: tuple[int, int], encoding: str, precision: str
) -> None:
    rgb = pictures(1, size)
    pixels = encode_pixels(rgb, encoding)
    if encoding.endswith("a8"):
        # Whatever a camera leaves in the fourth byte.
        pixels[..., 3] = np.random.default_rng(2).integers(0, 256, pixels.shape[:3])
    data = build_onnx("unet", weights, size, {}, precision=precision, encoding=encoding)
    ids = run(data, pixels)
    assert ids.dtype == np.uint8
    assert ids.shape == (1, *size)
    expected = reference(weights, rgb)
    assert len(np.unique(expected)) > 1
    assert (ids == expected).mean() > (0.999 if precision == "fp32" else 0.97)


def test_the_order_of_colours_changes_no_id(weights: dict[str, NDArray[np.float32]]) -> None:
    rgb = pictures(1, SIZES[0])
    found = [
        run(
            build_onnx("unet", weights, SIZES[0], {}, encoding=encoding),
            encode_pixels(rgb, encoding),
        )
        for encoding in ENCODINGS
    ]
    for ids in found[1:]:
        assert np.array_equal(ids, found[0])


def test_each_picture_of_a_batch_has_its_own_ids(weights: dict[str, NDArray[np.float32]]) -> None:
    rgb = pictures(3, SIZES[1])
    ids = run(build_onnx("unet", weights, SIZES[1], {}, batch=3), rgb)
    assert ids.shape == (3, *SIZES[1])
    assert (ids == reference(weights, rgb)).mean() > 0.999
    assert not np.array_equal(ids[0], ids[1])


def test_fp16_is_half_from_the_pixels_to_the_scores(
    weights: dict[str, NDArray[np.float32]],
) -> None:
    data = build_onnx("unet", weights, SIZES[1], {}, precision="fp16", encoding="bgra8")
    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data), strict_mode=True)
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    by_output = {node.output[0]: node for node in model.graph.node}
    floating = {name for name, kind in types.items() if by_output[name].op_type != "ArgMax"}
    assert {types[name] for name in floating} == {TensorProto.FLOAT16}
    weight_types = {t.data_type for t in model.graph.initializer}
    assert weight_types == {TensorProto.FLOAT16, TensorProto.INT64}
    # uint8 only where the graph begins and ends, and from floating point only.
    last = by_output["ids"]
    assert last.op_type == "Cast"
    assert types[last.input[0]] == TensorProto.FLOAT16
    assert [i.type.tensor_type.elem_type for i in model.graph.input] == [TensorProto.UINT8]
    assert [o.type.tensor_type.elem_type for o in model.graph.output] == [TensorProto.UINT8]


def test_stored_half_is_computed_in_single(weights: dict[str, NDArray[np.float32]]) -> None:
    data = build_onnx("unet", weights, SIZES[0], {}, half=True)
    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data), strict_mode=True)
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    convolutions = [n for n in model.graph.node if n.op_type in ("Conv", "ConvTranspose")]
    assert len(convolutions) == 5 * 2 + 4 * 3 + 2
    assert {types[node.output[0]] for node in convolutions} == {TensorProto.FLOAT}


def test_equal_weights_give_equal_bytes(
    weights: dict[str, NDArray[np.float32]], repo: Path
) -> None:
    first, second = (
        build_onnx("unet", weights, SIZES[0], {"a": "b"}, encoding="bgr8") for _ in range(2)
    )
    assert first == second
    bundle = load_bundle(repo / "models" / "carla_unet")
    spec = bundle.spec
    metadata = {"label_set": spec.label_set.name, "n_classes": str(spec.n_classes)}
    again = build_onnx("unet", read_weights(bundle.onnx), spec.input_size, metadata, half=True)
    assert again == bundle.onnx


@given(st.sampled_from(ENCODINGS))
def test_folding_moves_weights_and_gives_alpha_none(encoding: str) -> None:
    rgb = np.random.default_rng(0).normal(size=(5, 3, 3, 3)).astype(np.float32)
    folded = fold_encoding({FIRST_WEIGHT: rgb}, encoding)[FIRST_WEIGHT]
    assert folded.shape == (5, channels(encoding), 3, 3)
    for index, colour in enumerate(encoding[:-1]):
        expected = np.zeros((5, 3, 3)) if colour == "a" else rgb[:, "rgb".index(colour)]
        assert np.array_equal(folded[:, index], expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"precision": "bf16"}, ["precision is 'bf16'", "fp32, fp16"]),
        ({"encoding": "mono8"}, ["encoding is 'mono8'", "bgra8"]),
        ({"batch": 0}, ["batch is 0", "1 to"]),
        ({"batch": 1000}, ["batch is 1000"]),
    ],
)
def test_wrong_arguments_are_refused_by_name(
    weights: dict[str, NDArray[np.float32]], arguments: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        build_onnx("unet", weights, SIZES[0], {}, **arguments)  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)


def test_a_weight_that_half_cannot_hold_is_refused(
    weights: dict[str, NDArray[np.float32]],
) -> None:
    large = {**weights, "head.conv.bias": np.full_like(weights["head.conv.bias"], 1e5)}
    build_onnx("unet", large, SIZES[0], {})
    with pytest.raises(WeightsError, match=r"head\.conv\.bias.*100000.*float16"):
        build_onnx("unet", large, SIZES[0], {}, precision="fp16")


def test_an_exported_file_says_what_it_is(
    weights: dict[str, NDArray[np.float32]], tmp_path: Path
) -> None:
    label_set = load_label_set("carla-0.8")
    save_bundle(tmp_path / "model", weights, ModelSpec(4, SIZES[0], label_set))
    bundle = load_bundle(tmp_path / "model")
    model = onnx.load_model_from_string(export_onnx(bundle, "fp16", "bgra8", 2))
    says = {entry.key: entry.value for entry in model.metadata_props}
    assert says["fingerprint"] == bundle.sha256
    assert (says["precision"], says["encoding"], says["n_classes"]) == ("fp16", "bgra8", "13")
    again = LabelSet.from_dict(
        {"name": says["label_set"], "classes": json.loads(says["classes"])}, "metadata"
    )
    assert again == label_set
    preprocessing = json.loads(says["preprocessing"])
    assert preprocessing["channels"] == "bgra8"
    assert preprocessing["resize"] == "nearest, pixel centres"
    first = next(t for t in model.graph.initializer if t.name == FIRST_WEIGHT)
    assert numpy_helper.to_array(first).shape == (4, 4, 3, 3)
