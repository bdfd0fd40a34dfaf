# SPDX-License-Identifier: Apache-2.0
"""Engines: the same ids from each, and clear refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unet_perception.engines import open_engine
from unet_perception.errors import ConfigError, EngineError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle, bundle_weights, load_bundle, save_bundle
from unet_perception.model.encoding import ENCODINGS, encode_pixels
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("openvino", reason="OpenVINO is not installed")


@pytest.fixture(scope="module", params=[(96, 128), (50, 71)], ids=["96x128", "padded"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    from unet_perception.model.unet import UNet

    torch.manual_seed(5)
    model = UNet(13, 4)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, std=0.1)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    path = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(path, weights, ModelSpec(4, request.param, load_label_set("carla-0.8")))
    return load_bundle(path)


def picture(bundle: ModelBundle, seed: int = 0) -> np.ndarray:
    shape = (*bundle.spec.input_size, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def camera_picture(bundle: ModelBundle, encoding: str, seed: int = 0) -> np.ndarray:
    """The same picture as a camera of that encoding sends it; alpha is whatever it is."""
    pixels = encode_pixels(picture(bundle, seed), encoding)
    if encoding.endswith("a8"):
        pixels[..., 3] = np.random.default_rng(seed + 1).integers(0, 256, pixels.shape[:2])
    return pixels


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["openvino", "pytorch"])
def test_ids_equal_the_argmax_of_the_network(bundle: ModelBundle, name: str, encoding: str) -> None:
    from unet_perception.model.unet import UNet

    model = UNet(13, 4).eval()
    model.load_state_dict({k: torch.from_numpy(v) for k, v in bundle_weights(bundle).items()})
    engine = open_engine(bundle, name, "fp32", encoding=encoding)
    assert engine.encoding == encoding
    for seed in range(3):
        image = picture(bundle, seed)
        with torch.inference_mode():
            tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255.0
            expected = model(tensor)[0].argmax(0).numpy()
        ids = engine.infer(camera_picture(bundle, encoding, seed))
        assert ids.dtype == np.uint8
        assert ids.shape == bundle.spec.input_size
        assert (ids == expected).mean() > 0.999
        assert len(np.unique(ids)) > 1


@pytest.mark.parametrize("name", ["openvino", "pytorch"])
def test_what_is_written_into_the_input_is_inferred(bundle: ModelBundle, name: str) -> None:
    engine = open_engine(bundle, name, "fp32")
    memory = engine.input
    assert memory.flags.c_contiguous
    assert memory.shape == (*bundle.spec.input_size, 4)
    for seed in range(2):
        expected = engine.infer(camera_picture(bundle, "bgra8", seed)).copy()
        memory[...] = 0
        engine.infer()
        memory[...] = camera_picture(bundle, "bgra8", seed)
        assert np.array_equal(engine.infer(), expected)
        assert np.shares_memory(engine.input, memory)


def test_an_engine_says_what_runs(bundle: ModelBundle) -> None:
    import openvino

    info = open_engine(bundle, "auto", "fp32", threads=1).info
    assert info.name == "openvino"
    assert info.precision == "fp32"
    assert openvino.get_version().startswith(info.version)
    assert "auto" in info.reason
    assert info.detail
    assert open_engine(bundle, "pytorch").info.version == torch.__version__


def test_another_shape_or_type_is_refused(bundle: ModelBundle) -> None:
    engine = open_engine(bundle, "openvino", "fp32")
    with pytest.raises(EngineError, match=r"\(10, 10, 3\)"):
        engine.infer(np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(EngineError, match="float32"):
        engine.infer(engine.input.astype(np.float32))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "tensorflow"}, ["engine is 'tensorflow'", "openvino"]),
        ({"precision": "fp8"}, ["precision is 'fp8'", "bf16"]),
        ({"threads": -1}, ["threads is -1"]),
        ({"encoding": "yuv422"}, ["encoding is 'yuv422'", "bgra8"]),
    ],
)
def test_wrong_arguments_are_refused_by_name(
    bundle: ModelBundle, arguments: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        open_engine(bundle, **arguments)  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)


def test_a_network_that_cannot_compile_is_an_engine_error(
    bundle: ModelBundle, tmp_path: Path
) -> None:
    broken = ModelBundle(tmp_path, bundle.spec, b"not an ONNX file", "")
    with pytest.raises(EngineError, match="OpenVINO cannot compile"):
        open_engine(broken, "openvino", "fp32")


SIGNALLED = """
import gc, os, signal, sys
import subprocess
import sys
from pathlib import Path
from unet_perception.engines import open_engine
from unet_perception.model.bundle import load_bundle

bundle = load_bundle(Path(sys.argv[1]))
first = open_engine(bundle, "openvino", "fp32")
second = open_engine(bundle, "openvino", "fp32")
first.close()
del first
gc.collect()
second.close()
del second
gc.collect()
signal.signal(signal.SIGTERM, lambda *_: print("told"))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_after_engines_that_came_and_went(bundle: ModelBundle) -> None:
    command = [sys.executable, "-c", SIGNALLED, str(bundle.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "told"), done.stderr
