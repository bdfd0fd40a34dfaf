# SPDX-License-Identifier: Apache-2.0
"""``unet-perception export``: the file, the report beside it, and what is refused."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from unet_perception.cli import export
from unet_perception.errors import BundleError, ConfigError, EngineError, WeightsError
from unet_perception.imaging import Frame, network_input
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import bundle_weights, load_bundle, save_bundle
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.export import export_onnx
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")

from unet_perception.evaluation.parity import Sample, compare  # noqa: E402


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    export.add_parser(parser.add_subparsers())
    options = parser.parse_args(["export", *map(str, arguments)])
    return int(options.run(options))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from unet_perception.model.unet import UNet

    torch.manual_seed(5)
    weights = {name: tensor.numpy() for name, tensor in UNet(29, 4).state_dict().items()}
    path = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(path, weights, ModelSpec(4, (32, 48), load_label_set("carla-0.9.14")))
    return path


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_the_file_runs_and_its_report_lies_beside_it(
    model: Path,
    numbered_pairs: Path,
    tmp_path: Path,
    precision: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "unet.onnx"
    arguments = ["--precision", precision, "--data", numbered_pairs, "--frames", 7, "--batch", 3]
    assert run(model, "--out", out, *arguments) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "unet.parity.json").read_text())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["unet.onnx", "unet.parity.json"]
    assert report["precision"] == precision
    assert report["bytes"] == out.stat().st_size
    assert report["input"] == ["uint8", [3, 32, 48, 4]]
    assert report["pictures"] == [numbered_pairs.name]
    assert report["fingerprint"] == load_bundle(model).sha256
    parity = report["parity"]
    assert parity["frames"] == 7
    assert parity["equal_pixels"] > 0.99
    assert 0 <= parity["miou_before"] <= 1
    assert parity["miou_after"] == pytest.approx(parity["miou_before"], abs=0.01)
    assert (parity["half_equal_pixels"] is None) == (precision == "fp32")
    assert ("features half too" in printed) == (precision == "fp16")
    assert f"{parity['equal_pixels']:.4%}" in printed

    from unet_perception.engines.openvino_core import openvino_core

    core = openvino_core()
    compiled = core.compile_model(core.read_model(out.read_bytes()), "CPU")
    assert compiled(np.zeros((3, 32, 48, 4), np.uint8))[0].shape == (3, 32, 48)


def test_without_data_it_is_the_built_in_street(model: Path, tmp_path: Path) -> None:
    assert run(model, "--out", tmp_path / "a.onnx", "--frames", 2, "--encoding", "rgb8") == 0
    report = json.loads((tmp_path / "a.parity.json").read_text())
    assert report["pictures"] == ["built-in street"]
    assert report["parity"]["frames"] == 2
    assert report["parity"]["miou_before"] is not None


def test_a_file_of_another_network_is_no_export(model: Path) -> None:
    bundle = load_bundle(model)
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    samples = [Sample(image, None)]
    good = export_onnx(bundle, "fp32", "rgb8")
    parity = compare(bundle, good, samples, "fp32", "rgb8")
    assert parity.equal_pixels > 0.999
    assert parity.miou_before is None
    # Compiled for blue first, and shown red first.
    swapped = export_onnx(bundle, "fp32", "bgr8")
    with pytest.raises(EngineError, match="not the network"):
        compare(bundle, swapped, samples, "fp32", "rgb8")
    with pytest.raises(EngineError, match="cannot be run"):
        compare(bundle, b"not an ONNX file", samples, "fp32", "rgb8")
    with pytest.raises(EngineError, match="no picture"):
        compare(bundle, good, [], "fp32", "rgb8")


def test_half_features_are_rounded_as_a_gpu_rounds_them(model: Path) -> None:
    bundle = load_bundle(model)
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (32, 48, 3), dtype=np.uint8) for _ in range(2)]
    data = export_onnx(bundle, "fp16", "bgra8")
    parity = compare(bundle, data, [Sample(i, None) for i in images], "fp16", "bgra8")

    from unet_perception.model.unet import UNet

    half = UNet(29, 4).eval()
    half.load_state_dict({k: torch.from_numpy(w) for k, w in bundle_weights(bundle).items()})
    half.half()
    same = []
    for image in images:
        rgb = network_input(Frame(encode_pixels(image, "bgra8"), "bgra8"), (32, 48))
        pixels = torch.from_numpy(rgb).permute(2, 0, 1)[None]
        with torch.inference_mode():
            really_half = half(pixels.half() * (1.0 / 255.0)).argmax(1)
            single = half.float()(pixels.float() / 255.0).argmax(1)
        half.half()
        same.append(float((really_half == single).float().mean()))
    assert parity.half_equal_pixels == pytest.approx(np.mean(same), abs=0.005)
    assert parity.largest_feature is not None
    assert 0 < parity.largest_feature < 3e4


def test_fp16_is_refused_where_features_are_too_large(model: Path, tmp_path: Path) -> None:
    bundle = load_bundle(model)
    weights = bundle_weights(bundle)
    # The last features: nothing after them grows.
    weights["head.conv.bias"] = np.full_like(weights["head.conv.bias"], 5e4)
    weights["head.classifier.weight"] *= 0
    save_bundle(tmp_path / "large", weights, bundle.spec)
    with pytest.raises(WeightsError, match=r"head\.conv reaches"):
        run(
            tmp_path / "large",
            "--out",
            tmp_path / "a.onnx",
            *("--precision", "fp16", "--frames", 1),
        )
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "nowhere/a.onnx"], "existing folder"),
        (["--out", "a.engine"], "a file .onnx"),
        (["--out", "a.onnx", "--frames", "0"], "frames is 0"),
        (["--out", "a.onnx", "--batch", "0"], "batch is 0"),
    ],
)
def test_wrong_options_are_refused(
    model: Path,
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words):
        run(model, *arguments)
    assert not list(tmp_path.iterdir())


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no_such_model"):
        run("no_such_model", "--out", tmp_path / "a.onnx")
