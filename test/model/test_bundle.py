# SPDX-License-Identifier: Apache-2.0
"""The model bundle: what is saved comes back, and what was touched is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from unet_perception.errors import BundleError, WeightsError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import bundle_weights, load_bundle, save_bundle, store_files
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

SPEC = ModelSpec(2, (32, 48), load_label_set("carla-0.8"), {"epochs": 3}, {"miou": 0.5})


def weights() -> dict[str, NDArray[np.float32]]:
    from unet_perception.model.unet import UNet

    torch.manual_seed(3)
    state = UNet(13, 2).state_dict()
    return {name: tensor.numpy() for name, tensor in state.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_bundle(tmp_path / "model", weights(), SPEC)
    return tmp_path / "model"


def test_what_is_saved_comes_back(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert bundle.spec == SPEC
    assert bundle.spec.n_classes == 13
    for name, array in bundle_weights(bundle).items():
        assert np.array_equal(array, weights()[name].astype(np.float16).astype(np.float32))
    assert set(bundle_weights(bundle)) == set(weights())
    assert sorted(p.name for p in folder.iterdir()) == ["model.json", "model.onnx"]
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_exact_weights_come_back_exactly(tmp_path: Path) -> None:
    save_bundle(tmp_path / "exact", weights(), SPEC, half=False)
    restored = bundle_weights(load_bundle(tmp_path / "exact"))
    assert set(restored) == set(weights())
    assert all(np.array_equal(restored[name], array) for name, array in weights().items())


def test_a_weight_that_float16_cannot_hold_is_refused(tmp_path: Path) -> None:
    large = weights()
    large["head.conv.bias"][0] = 1e5
    with pytest.raises(WeightsError, match=r"head\.conv\.bias.*100000"):
        save_bundle(tmp_path / "large", large, SPEC)
    assert list(tmp_path.iterdir()) == []


def test_the_same_weights_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save_bundle(tmp_path / "again", weights(), SPEC)
    assert load_bundle(tmp_path / "again").sha256 == load_bundle(folder).sha256


def test_saving_again_replaces_the_network_and_keeps_the_card(folder: Path) -> None:
    (folder / "MODEL_CARD.md").write_text("a card")
    save_bundle(folder, weights(), replace(SPEC, input_size=(16, 16)))
    assert load_bundle(folder).spec.input_size == (16, 16)
    assert (folder / "MODEL_CARD.md").read_text() == "a card"


def test_scores_can_be_added_later(folder: Path) -> None:
    bundle = load_bundle(folder)
    store_files(bundle, {}, replace(bundle.spec, scores={"miou": 0.75}))
    assert load_bundle(folder).spec.scores == {"miou": 0.75}


def test_a_folder_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    with pytest.raises(BundleError, match="is no model bundle"):
        save_bundle(tmp_path, weights(), SPEC)
    assert (tmp_path / "thesis.tex").read_text() == "important"


def truncate(folder: Path) -> None:
    data = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(data[:-100])


def flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)


def edit_the_description(folder: Path) -> None:
    document = json.loads((folder / "model.json").read_text())
    document["label_set"]["classes"][7]["name"] = "Sidewalks"
    (folder / "model.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, ["model.onnx", "truncated"]),
        (flip_a_bit, ["model.onnx", "sha256"]),
        (edit_the_description, ["model.json", "edited"]),
        (lambda f: (f / "model.onnx").unlink(), ["model.onnx", "cannot be read"]),
        (lambda f: (f / "model.json").unlink(), ["model.json", "cannot be read"]),
        (lambda f: (f / "model.json").write_text("{"), ["model.json", "not valid JSON"]),
        (lambda f: (f / "model.json").write_text("[" * 100000), ["model.json", "not valid JSON"]),
        (lambda f: (f / "model.json").write_bytes(b"\xff\xfe"), ["model.json", "not valid JSON"]),
        (lambda f: (f / "model.json").write_text("[]"), ["model.json", "JSON object"]),
        (lambda f: (f / "model.json").write_text('{"a": 1}'), ["model.json", "not the descri"]),
        (lambda f: (f / "model.json").write_text(" " * (2 << 20)), ["model.json", "bytes"]),
    ],
)
def test_damage_is_refused_with_file_and_reason(folder: Path, damage, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    damage(folder)
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    for word in words:
        assert word in str(caught.value)


def test_a_bundle_of_another_version_is_refused(folder: Path) -> None:
    document = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**document, "version": 99}))
    with pytest.raises(BundleError, match=r"bundle version is 99; this package reads \d"):
        load_bundle(folder)


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such model bundle"):
        load_bundle(tmp_path / "absent")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architecture", "resnet"),
        ("n_filters", 0),
        ("n_filters", "32"),
        ("n_classes", 12),
        ("input_size", [0, 10]),
        ("input_size", [96]),
        ("input_size", None),
        ("preprocessing", {"channels": "bgr"}),
        ("label_set", {"name": "x", "classes": []}),
        ("training", []),
    ],
)
def test_a_description_that_cannot_run_is_refused_by_key(key: str, value: object) -> None:
    with pytest.raises(BundleError, match=key):
        ModelSpec.from_dict({**SPEC.as_dict(), key: value}, "model.json")
