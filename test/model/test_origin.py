# SPDX-License-Identifier: Apache-2.0
"""Where a bundle comes from: known for the shipped ones, quoted for all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.labels import load_label_set
from unet_perception.model.bundle import ModelBundle, load_bundle, store_files
from unet_perception.model.origin import SHIPPED, origin
from unet_perception.model.spec import ModelSpec

LABELS = load_label_set("carla-0.8")
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def bundle(training: dict[str, Any], checksum: str = "") -> ModelBundle:
    return ModelBundle(Path("m"), ModelSpec(2, (48, 64), LABELS, training), b"", "", {}, checksum)


def test_the_shipped_models_are_known_by_their_checksums(repo: Path) -> None:
    found = {load_bundle(path).checksum: path.name for path in (repo / "models").iterdir()}
    assert found == SHIPPED
    for path in (repo / "models").iterdir():
        words = origin(load_bundle(path))
        assert words.startswith(f"shipped with this package as {path.name}; trained on carla_drive")


def test_a_shipped_model_that_was_changed_is_no_longer_ours(repo: Path, tmp_path: Path) -> None:
    shipped = load_bundle(repo / "models" / "carla_unet")
    folder = tmp_path / "models" / "carla_unet"
    folder.mkdir(parents=True)
    for file in shipped.path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert "shipped" in origin(load_bundle(folder))
    store_files(
        load_bundle(folder), {}, ModelSpec(32, (96, 128), LABELS, {"imported_from": "x.h5"})
    )
    words = origin(load_bundle(folder))
    assert words == "by its own account imported from the Keras file x.h5 (sha256 unknown)"


def test_what_a_trained_one_says() -> None:
    training = {
        "data": [{"name": "town"}, {"name": "road"}],
        "data_sha256": "ab" * 32,
        "recipe": {"init": "cd" * 32},
    }
    assert origin(bundle(training)) == (
        "by its own account trained on town, road (data abababababab), beginning with network "
        "cdcdcdcdcdcd"
    )
    assert origin(bundle({})) == "of unknown origin: it says nothing of it"


@pytest.mark.parametrize("name", ["a\nshipped with this package", "\x1b]0;title\x07", "\u202ex"])
def test_nothing_that_it_says_is_a_command_to_a_terminal(name: str) -> None:
    for training in ({"imported_from": name}, {"data": [{"name": name}], "data_sha256": name}):
        assert origin(bundle(training)).isprintable()


@given(st.dictionaries(st.sampled_from(["imported_from", "data", "data_sha256", "recipe"]), JSON))
def test_any_description_gives_one_line(training: dict[str, Any]) -> None:
    words = origin(bundle(training))
    assert words.isprintable()
    assert len(words) < 1000
