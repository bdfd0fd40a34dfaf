# SPDX-License-Identifier: Apache-2.0
"""The benchmark: its floor, its table, its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unet_perception.cli.main import main
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import save_bundle
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("openvino", reason="OpenVINO is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

LABELS = load_label_set("carla-0.8")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    from unet_perception.model.unet import UNet

    weights = {name: tensor.numpy() for name, tensor in UNet(13, 4).state_dict().items()}
    save_bundle(tmp_path / "model", weights, ModelSpec(4, (32, 48), LABELS))
    return tmp_path / "model"


@pytest.mark.parametrize(("n_filters", "size"), [(4, (32, 48)), (8, (50, 71)), (32, (96, 128))])
def test_multiply_adds_are_those_of_the_network(n_filters: int, size: tuple[int, int]) -> None:
    from unet_perception.model.summary import multiply_adds
    from unet_perception.model.unet import UNet

    counted = 0

    def count(module: torch.nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal counted
        pixels = inputs[0] if isinstance(module, torch.nn.ConvTranspose2d) else output
        counted += module.weight.numel() * pixels.shape[-2] * pixels.shape[-1]

    network = UNet(13, n_filters).eval()
    for module in network.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            module.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 3, *size))
    assert multiply_adds(ModelSpec(n_filters, size, LABELS)) == counted


def test_engines_are_timed_side_by_side(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "bench.json"
    arguments = ["bench", str(model), "--sizes", "32x48", "50x71", "--seconds", "0.1"]
    assert main([*arguments, "--json", str(figures)]) == 0
    assert "no int8 network" in capsys.readouterr().out.replace("\n", " ")
    document = json.loads(figures.read_text())
    assert [size["rows"][0]["size"] for size in document["sizes"]] == [[32, 48], [50, 71]]
    for size in document["sizes"]:
        rows = {(row["engine"], row["precision"]): row for row in size["rows"]}
        assert rows["pytorch", "fp32"]["times_as_fast"] == 1.0
        assert rows["pytorch", "fp32"]["agreement"] == 1.0
        assert rows["openvino", "fp32"]["agreement"] > 0.999
        for row in size["rows"]:
            assert 0 < row["least_ms"] <= row["p50_ms"] <= row["p99_ms"]
        assert rows["openvino", "fp32"]["floor_ms"] > 0
        assert "openvino int8" in size["refused"]
        assert size["multiply_adds_a_second"]["int8"] > size["multiply_adds_a_second"]["fp32"]


def test_a_plot_is_drawn(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    plot = tmp_path / "bench.png"
    arguments = ["bench", str(model), "--engines", "openvino", "--seconds", "0.1"]
    assert main([*arguments, "--plot", str(plot)]) == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--engines", "ncnn"], "engine is 'ncnn'"),
        (["--seconds", "0"], "seconds is 0.0"),
        (["--engines", "openvino", "--seconds", "0.1", "--json", "/nowhere/x"], "json is"),
    ],
)
def test_wrong_options_are_named(
    model: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(model), *option]) == 1
    assert said in capsys.readouterr().err
