# SPDX-License-Identifier: Apache-2.0
"""The exported graph through a real parser and builder: TensorRT for RTX builds without a GPU.

Its interface is TensorRT's, so the engine's own code runs up to the point where a GPU must be.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.engines.cache import EngineCache, EntryRefusedError
from unet_perception.engines.cache_entry import Entry
from unet_perception.engines.cuda_device import CudaDevice
from unet_perception.engines.tensorrt_build import IoContract, build_options, build_plan
from unet_perception.engines.tensorrt_key import device_key, plan_key, timing_file
from unet_perception.engines.tensorrt_library import shared_log, tensorrt_library
from unet_perception.engines.tensorrt_network import TensorRtNetwork
from unet_perception.errors import EngineError

pytest.importorskip("tensorrt_rtx", reason="tensorrt-rtx-cu13 is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")
onnx = pytest.importorskip("onnx", reason="onnx is not installed")

from unet_perception.engines.tensorrt import io_contract  # noqa: E402
from unet_perception.model.encoding import ENCODINGS, channels  # noqa: E402
from unet_perception.model.onnx_file import build_onnx  # noqa: E402
from unet_perception.model.unet import UNet  # noqa: E402

SIZE = (96, 128)


@pytest.fixture(scope="module")
def trt() -> Any:
    return tensorrt_library("tensorrt_rtx")


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    import torch

    torch.manual_seed(3)
    return {name: tensor.numpy() for name, tensor in UNet(13, 8).state_dict().items()}


def graph(
    weights: dict[str, np.ndarray],
    size: tuple[int, int] = SIZE,
    precision: str = "fp16",
    encoding: str = "bgra8",
    batch: int = 1,
) -> bytes:
    return build_onnx(
        "unet", weights, size, {}, precision=precision, encoding=encoding, batch=batch
    )


def contract(size: tuple[int, int] = SIZE, encoding: str = "bgra8", batch: int = 1) -> IoContract:
    return io_contract((batch, *size, channels(encoding)), (batch, *size))


@pytest.mark.parametrize("size", [(96, 128), (288, 384), (50, 71)], ids=str)
@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_the_graph_builds(
    trt: Any, weights: dict[str, np.ndarray], size: tuple[int, int], precision: str
) -> None:
    built = build_plan(trt, graph(weights, size, precision), contract(size), None)
    count = sum(array.size for array in weights.values())
    assert len(built.plan) > count * (2 if precision == "fp16" else 4)
    assert built.timing == b""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_order_of_colours_builds(
    trt: Any, weights: dict[str, np.ndarray], encoding: str
) -> None:
    data = graph(weights, encoding=encoding)
    assert build_plan(trt, data, contract(encoding=encoding), None).plan


def test_a_batch_builds_and_is_part_of_contract_and_key(
    trt: Any, weights: dict[str, np.ndarray]
) -> None:
    data = graph(weights, batch=4)
    assert build_plan(trt, data, contract(batch=4), None).plan
    with pytest.raises(EngineError, match=r"4x96x128x4.* instead of .*1x96x128x4"):
        build_plan(trt, data, contract(), None)
    on = device_key("tensorrt_rtx", trt.__version__, CudaDevice("GPU", "8.9", "580.65.06"))
    keys = [
        plan_key(graph(weights, batch=n), (n, *SIZE, 4), "fp16", on, build_options())
        for n in (1, 4)
    ]
    assert keys[0] != keys[1]


def test_types_are_the_graphs_own(trt: Any, weights: dict[str, np.ndarray]) -> None:
    # Strong typing: what the parser sees is what is computed, with no flag that asks for it.
    for precision, expected in (("fp16", trt.DataType.HALF), ("fp32", trt.DataType.FLOAT)):
        log = shared_log(trt)
        builder = trt.Builder(log)
        flags = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
        network = builder.create_network(flags)
        parser = trt.OnnxParser(network, log)
        assert parser.parse(graph(weights, precision=precision))
        assert network.get_input(0).dtype == trt.DataType.UINT8
        assert network.get_output(0).dtype == trt.DataType.UINT8
        assert tuple(network.get_input(0).shape) == (1, *SIZE, 4)
        kinds = (trt.LayerType.CONVOLUTION, trt.LayerType.DECONVOLUTION)
        layers = [network.get_layer(i) for i in range(network.num_layers)]
        types = [layer.get_output(0).dtype for layer in layers if layer.type in kinds]
        assert len(types) == 5 * 2 + 4 * 3 + 2
        assert set(types) == {expected}


def test_a_graph_of_another_size_is_refused_before_it_is_built(
    trt: Any, weights: dict[str, np.ndarray]
) -> None:
    with pytest.raises(EngineError, match=r"1x96x128x4.* instead of .*1x96x128x3"):
        build_plan(trt, graph(weights), contract(encoding="rgb8"), None)


def test_a_graph_that_takes_floats_is_refused(trt: Any, weights: dict[str, np.ndarray]) -> None:
    model = onnx.load_model_from_string(graph(weights, precision="fp32"))
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    with pytest.raises(EngineError, match="input image not uint8"):
        build_plan(trt, model.SerializeToString(), contract(), None)


def test_a_graph_without_fixed_sizes_is_refused(trt: Any, weights: dict[str, np.ndarray]) -> None:
    model = onnx.load_model_from_string(graph(weights))
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    with pytest.raises(EngineError, match=r"-1x96x128"):
        build_plan(trt, model.SerializeToString(), contract(), None)


@pytest.mark.parametrize("data", [b"", b"xx", b"no graph" * 100])
def test_what_is_no_graph_is_refused(trt: Any, data: bytes) -> None:
    with pytest.raises(EngineError, match="cannot read the graph"):
        build_plan(trt, data, contract(), None)


def test_a_truncated_graph_is_refused_in_the_parsers_words(
    trt: Any, weights: dict[str, np.ndarray]
) -> None:
    data = graph(weights)
    with pytest.raises(EngineError, match=r"cannot read the graph: .*[Pp]arse"):
        build_plan(trt, data[: len(data) // 2], contract(), None)


def test_an_operator_that_tensorrt_lacks_is_named(trt: Any, weights: dict[str, np.ndarray]) -> None:
    model = onnx.load_model_from_string(graph(weights))
    next(n for n in model.graph.node if n.op_type == "Relu").op_type = "OfNobody"
    with pytest.raises(EngineError, match="OfNobody"):
        build_plan(trt, model.SerializeToString(), contract(), None)


@pytest.mark.parametrize("damage", ["empty", "garbage", "truncated"])
def test_a_damaged_plan_is_refused_in_the_runtimes_words(
    trt: Any, weights: dict[str, np.ndarray], damage: str
) -> None:
    plan = build_plan(trt, graph(weights), contract(), None).plan
    data, words = {
        "empty": (b"", "empty memory buffer"),
        "garbage": (b"junk" * 1000, "magicTag"),
        "truncated": (plan[:-1000], "size"),
    }[damage]
    with pytest.raises(EntryRefusedError, match=words):
        TensorRtNetwork(trt, data, contract())


def test_a_good_plan_comes_as_far_as_the_driver(trt: Any, weights: dict[str, np.ndarray]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU: the plan may run")
    plan = build_plan(trt, graph(weights), contract(), None).plan
    with pytest.raises(EntryRefusedError, match="CUDA driver version is insufficient"):
        TensorRtNetwork(trt, plan, contract())


def test_plans_and_timings_are_kept_by_key(
    trt: Any, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    data = graph(weights)
    said: list[str] = []
    cache = EngineCache(tmp_path / "engines", said.append)
    for driver, expected in (("580.65.06", True), ("580.65.06", False), ("580.95.05", True)):
        on = device_key("tensorrt_rtx", trt.__version__, CudaDevice("GPU", "8.9", driver))
        key = plan_key(data, (1, *SIZE, 4), "fp16", on, build_options())

        def build(on: dict[str, Any] = on) -> tuple[bytes, Entry]:
            built = build_plan(trt, data, contract(), b"")
            cache.keep(timing_file(on), on, Entry({"timing": built.timing}))
            return built.plan, Entry({"plan": built.plan})

        obtained = cache.obtain(key, build, lambda entry: entry.parts["plan"])
        assert obtained.built is expected
        assert cache.read(timing_file(on), on) is not None
    assert cache.read(timing_file(on), {**on, "gpu": "another"}) is None


def test_timings_that_are_none_are_begun_anew(trt: Any, weights: dict[str, np.ndarray]) -> None:
    assert build_plan(trt, graph(weights), contract(), b"no timings").plan
