# SPDX-License-Identifier: Apache-2.0
"""A bundle gets an int8 network, and the network runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from unet_perception.cli.main import main
from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.engines import open_engine
from unet_perception.engines.processor import int8_flags, processor_flags
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import load_bundle, save_bundle
from unet_perception.model.encoding import ENCODINGS, encode_pixels
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("openvino", reason="OpenVINO is not installed")
pytest.importorskip("nncf", reason="NNCF is not installed")
if not int8_flags(processor_flags()):
    pytest.skip("this processor has no exact 8-bit multiply-add", allow_module_level=True)

TRAIN, VAL = 6, 3


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    names = [f"{number:03d}" for number in range(TRAIN + VAL)]
    for name in names:
        rgb = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
        write_pair(root, name, rgb, rng.integers(0, 13, (60, 80), dtype=np.uint8))
    write_info(root, DatasetInfo(label_set="carla-0.8"))
    (root / "train.txt").write_text("\n".join(names[:TRAIN]))
    (root / "val.txt").write_text("\n".join(names[TRAIN:]))
    return root


def save_model(folder: Path, size: tuple[int, int]) -> Path:
    from unet_perception.model.unet import UNet

    torch.manual_seed(5)
    weights = {name: tensor.numpy() for name, tensor in UNet(13, 4).state_dict().items()}
    save_bundle(folder / "model", weights, ModelSpec(4, size, load_label_set("carla-0.8")))
    return folder / "model"


@pytest.mark.parametrize("size", [(32, 48), (30, 41)], ids=["32x48", "padded"])
def test_int8_is_made_scored_and_runs_in_every_encoding(
    tmp_path: Path, data: Path, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model(tmp_path, size)
    # A network that was never trained answers at random: what int8 costs is no matter here.
    arguments = ["quantize", str(model), "--data", str(data), "--frames", "4", "--force"]
    assert main(arguments) == 0
    assert "int8: " in capsys.readouterr().out
    bundle = load_bundle(model)
    facts = bundle.spec.precisions["int8"]
    assert facts["frames"] == VAL
    assert facts["pixel_agreement"] > 0.8
    assert facts["miou_loss"] == pytest.approx(facts["miou_fp32"] - facts["miou"])
    assert facts["calibrated_on"] == [{"name": data.name, "pairs": 4}]
    first = next((data / "CameraRGB").glob("000.*"))
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    assert facts["calibration_sha256"][f"{data.name}/{first.name}"] == digest
    assert len(facts["calibration_sha256"]) == 4
    assert b"rt_info" not in bundle.files["model_int8.xml"].rpartition(b"<edges>")[2]
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    reference = open_engine(bundle, "openvino", "fp32", encoding="rgb8").infer(image).copy()
    answers = []
    for encoding in ENCODINGS:
        engine = open_engine(bundle, "openvino", "int8", encoding=encoding)
        assert engine.info.precision == "int8"
        assert f"{24 - len(facts['kept'])} int8" in engine.info.detail
        answers.append(engine.infer(encode_pixels(image, encoding)).copy())
        engine.close()
    assert (answers[0] == reference).mean() > 0.8
    for ids in answers[1:]:
        # The layers that are left out are in bf16, where the order of a sum shows.
        assert (ids == answers[0]).mean() > 0.98


def test_a_costly_int8_is_not_written(
    tmp_path: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from unet_perception.quantization import bundle_int8

    model = save_model(tmp_path, (32, 48))
    monkeypatch.setattr(bundle_int8, "MAX_MIOU_LOSS", -1.0)
    assert main(["quantize", str(model), "--data", str(data), "--frames", "2"]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert load_bundle(model).files == {}
    assert load_bundle(model).spec.precisions == {}


def test_there_must_be_frames_to_score_on(
    tmp_path: Path, numbered_pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model(tmp_path, (32, 48))
    assert main(["quantize", str(model), "--data", str(numbered_pairs)]) == 1
    assert "has no val.txt" in capsys.readouterr().err
    assert main(["quantize", str(model), "--data", str(numbered_pairs), "--frames", "0"]) == 1
    assert "frames is 0" in capsys.readouterr().err
