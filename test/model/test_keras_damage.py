# SPDX-License-Identifier: Apache-2.0
"""Keras weight files that are foreign, damaged or hostile are refused with the reason."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unet_perception.errors import WeightsError

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from keras_files import (  # noqa: E402
    WRITERS,
    edit,
    random_state,
    write_h5,
    write_weights_h5,
)

from unet_perception.model.keras_import import (  # noqa: E402
    read_keras_weights,
)


def test_foreign_and_missing_files_say_why(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        read_keras_weights(tmp_path / "none.keras")
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        read_keras_weights(tmp_path)
    for content in (b"", b"version https://git-lfs.github.com/spec/v1\n"):
        (tmp_path / "foreign.h5").write_bytes(content)
        with pytest.raises(WeightsError, match="neither a zip archive of HDF5"):
            read_keras_weights(tmp_path / "foreign.h5")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(WeightsError, match=r"without model\.weights\.h5"):
        read_keras_weights(tmp_path / "other.zip")


def test_a_zip_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(8 << 20))
    with pytest.raises(WeightsError, match="not believed"):
        read_keras_weights(tmp_path / "bomb.keras")


@pytest.mark.parametrize(("offset", "value"), [(24, 0), (24, 41), (31, 255), (10, 255), (15, 255)])
def test_a_damaged_text_heap_is_refused_before_hdf5_runs_in_circles(
    tmp_path: Path, offset: int, value: int
) -> None:
    path = tmp_path / "unet.h5"
    write_weights_h5(path, random_state())
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    if offset == 24:
        # The walk lands on zeros that say: free space of no size.
        data[heap + 32 : heap + 400] = bytes(368)
    data[heap + offset] = value
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=rf"text at byte {heap} is cut or overwritten"):
        read_keras_weights(path)


def test_a_layer_list_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "unet.h5"
    write_h5(path, random_state())

    def numbers(file: Any) -> None:
        file["model_weights"].attrs["layer_names"] = np.arange(3)

    with pytest.raises(WeightsError, match="layer_names of /model_weights is not text"):
        read_keras_weights(edit(path, numbers))


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("damage")
    state = random_state(n_classes=2, n_filters=1)
    for name, write in WRITERS.items():
        write(folder / name, state)
    return folder, {name: (folder / name).read_bytes() for name in WRITERS}


DAMAGE = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@DAMAGE
@given(name=st.sampled_from(sorted(WRITERS)), share=st.floats(0.0, 1.0, exclude_max=True))
def test_truncation_is_refused(
    intact: tuple[Path, dict[str, bytes]], name: str, share: float
) -> None:
    folder, files = intact
    path = folder / f"cut_{name}"
    path.write_bytes(files[name][: int(share * len(files[name]))])
    with pytest.raises(WeightsError, match="cut_"):
        read_keras_weights(path)


@DAMAGE
@given(
    name=st.sampled_from(sorted(WRITERS)),
    flips=st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(1, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes_are_refused_or_leave_a_network(
    intact: tuple[Path, dict[str, bytes]], name: str, flips: list[tuple[float, int]]
) -> None:
    folder, files = intact
    data = bytearray(files[name])
    for share, mask in flips:
        data[int(share * (len(data) - 1))] ^= mask
    path = folder / f"flipped_{name}"
    path.write_bytes(data)
    try:
        state = read_keras_weights(path)
    except WeightsError:
        return
    shapes = {name: array.shape for name, array in random_state(2, 1).items()}
    assert {name: array.shape for name, array in state.items()} == shapes
    assert all(np.isfinite(array).all() for array in state.values())
