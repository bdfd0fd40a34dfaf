# SPDX-License-Identifier: Apache-2.0
"""The int8 network in a bundle: kept with the network that it was made from, and checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unet_perception.errors import BundleError
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import (
    INT8_FILES,
    ModelBundle,
    load_bundle,
    save_bundle,
    store_files,
)
from unet_perception.model.spec import ModelSpec

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

SPEC = ModelSpec(2, (32, 48), load_label_set("carla-0.8"))
FILES = dict(zip(INT8_FILES, (b"<net/>", b"\x01\x02"), strict=True))
FACTS = {"int8": {"miou_loss": 0.001}}


@pytest.fixture
def bundle(tmp_path: Path) -> ModelBundle:
    from unet_perception.model.unet import UNet

    torch.manual_seed(3)
    weights = {name: tensor.numpy() for name, tensor in UNet(13, 2).state_dict().items()}
    save_bundle(tmp_path / "model", weights, SPEC)
    (tmp_path / "model" / "MODEL_CARD.md").write_text("by hand")
    return load_bundle(tmp_path / "model")


def rewrite(folder: Path, change: Any) -> None:
    path = folder / "model.json"
    document = json.loads(path.read_text())
    change(document)
    content = {key: value for key, value in document.items() if key != "checksum"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**content, "checksum": digest}))


def test_files_and_facts_come_back(bundle: ModelBundle) -> None:
    store_files(bundle, FILES, replace(bundle.spec, precisions=FACTS))
    stored = load_bundle(bundle.path)
    assert stored.files == FILES
    assert stored.spec.precisions == FACTS
    assert stored.onnx == bundle.onnx
    assert (bundle.path / "MODEL_CARD.md").read_text() == "by hand"
    store_files(stored, {}, SPEC)
    assert load_bundle(bundle.path).files == {}
    assert not (bundle.path / INT8_FILES[0]).exists()


def test_a_new_network_drops_the_int8_of_the_old_one(bundle: ModelBundle) -> None:
    from unet_perception.model.bundle import bundle_weights

    store_files(bundle, FILES, replace(bundle.spec, precisions=FACTS))
    save_bundle(bundle.path, bundle_weights(bundle), SPEC)
    assert load_bundle(bundle.path).files == {}
    assert load_bundle(bundle.path).spec.precisions == {}


def test_bundles_from_before_are_read(bundle: ModelBundle) -> None:
    def strip(document: dict[str, Any]) -> None:
        del document["files"], document["precisions"]

    rewrite(bundle.path, strip)
    assert load_bundle(bundle.path).files == {}
    assert load_bundle(bundle.path).spec.precisions == {}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "truncated"),
        (lambda path: path.write_bytes(b"\x01\x03"), "edited or damaged"),
    ],
)
def test_damaged_files_are_refused(bundle: ModelBundle, damage: Any, said: str) -> None:
    store_files(bundle, FILES, bundle.spec)
    damage(bundle.path / INT8_FILES[1])
    with pytest.raises(BundleError, match=f"{INT8_FILES[1]}.*{said}"):
        load_bundle(bundle.path)


@pytest.mark.parametrize(
    "files", [{"../secret": {"bytes": 1, "sha256": ""}}, {INT8_FILES[0]: 3}, ["model_int8.xml"]]
)
def test_a_description_cannot_name_other_files(bundle: ModelBundle, files: Any) -> None:
    rewrite(bundle.path, lambda document: document.update(files=files))
    with pytest.raises(BundleError, match="files is"):
        load_bundle(bundle.path)


@pytest.mark.parametrize("precisions", [3, {"int8": 3}])
def test_facts_must_be_mappings(bundle: ModelBundle, precisions: Any) -> None:
    rewrite(bundle.path, lambda document: document.update(precisions=precisions))
    with pytest.raises(BundleError, match="precisions.* must be a mapping"):
        load_bundle(bundle.path)
