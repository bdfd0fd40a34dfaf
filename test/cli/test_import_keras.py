# SPDX-License-Identifier: Apache-2.0
"""The verb ``import-keras``: a Keras file becomes a bundle, or is refused."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pytest

from unet_perception.cli import import_keras
from unet_perception.errors import LabelSetError, WeightsError

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

from unet_perception.model.bundle import bundle_weights, load_bundle  # noqa: E402
from unet_perception.model.origin import origin  # noqa: E402
from unet_perception.model.unet import UNet  # noqa: E402


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    import_keras.add_parser(parser.add_subparsers())
    options = parser.parse_args(["import-keras", *map(str, arguments)])
    return int(options.run(options))


@pytest.fixture
def keras_file(tmp_path: Path) -> Path:
    """A Keras 3 weight file of 2 filters and 23 classes."""
    path = tmp_path / "trained.weights.h5"
    counts = {"conv2d": 0, "conv2d_transpose": 0}
    with h5py.File(path, "w") as file:
        for name, tensor in UNet(23, 2).state_dict().items():
            prefix, leaf = name.rsplit(".", 1)
            kind = "conv2d_transpose" if prefix.endswith(".up") else "conv2d"
            group = f"layers/{kind}" + (f"_{counts[kind]}" if counts[kind] else "")
            array = tensor.numpy()
            file[f"{group}/vars/{0 if leaf == 'weight' else 1}"] = (
                array.T if array.ndim == 1 else (array.transpose(2, 3, 1, 0))
            )
            counts[kind] += leaf == "bias"
    return path


def test_a_bundle_is_written(
    keras_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    arguments = ("--label-set", "carla-0.9.10", "--out", out, "--size", "48x64")
    assert run(keras_file, *arguments) == 0
    assert str(out) in capsys.readouterr().out
    bundle = load_bundle(out)
    assert bundle.spec.n_filters == 2
    assert bundle.spec.input_size == (48, 64)
    assert bundle.spec.label_set.name == "carla-0.9.10"
    digest = hashlib.sha256(keras_file.read_bytes()).hexdigest()
    assert bundle.spec.training == {
        "imported_from": "trained.weights.h5",
        "imported_sha256": digest,
    }
    assert f"trained.weights.h5 (sha256 {digest[:12]})" in origin(bundle)
    assert bundle.spec.scores == {}
    assert set(bundle_weights(bundle)) == set(UNet(23, 2).state_dict())


def test_other_classes_than_the_label_sets_are_refused(keras_file: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"has 23 classes, but label set carla-0\.8 has 13"):
        run(keras_file, "--label-set", "carla-0.8", "--out", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_unknown_label_set_and_missing_file_are_refused(keras_file: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelSetError):
        run(keras_file, "--label-set", "carla-9", "--out", tmp_path / "bundle")
    with pytest.raises(WeightsError, match="cannot be read"):
        run(tmp_path / "no.h5", "--label-set", "carla-0.9.10", "--out", tmp_path / "bundle")


def test_imported_golden_network_gives_keras_ids(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    from unet_perception.engines import open_engine

    golden = shared / "golden"
    run(golden / "keras_unet_f8.keras", "--label-set", "carla-0.9.10", "--out", tmp_path / "b")
    engine = open_engine(load_bundle(tmp_path / "b"), "openvino", "fp32", 1, "rgb8")
    io = np.load(golden / "keras_unet_f8_io.npz")
    expected = io["logits"].argmax(-1)
    ids = np.stack([engine.infer(image).copy() for image in io["image"]])
    engine.close()
    # The weights are exact: only a tie between two classes may fall the other way.
    assert (ids == expected).mean() > 0.999
