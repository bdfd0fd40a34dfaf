# SPDX-License-Identifier: Apache-2.0
"""Checkpoint files: whole or not there, and refused when they are something else."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from unet_perception.errors import TrainingError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.training.checkpoint import (  # noqa: E402
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)

FACTS = {"epoch": 3, "loss": 0.1 + 0.2, "names": ["a", "ä"]}


def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 3, 5, 5, generator=generator).to(memory_format=torch.channels_last)
    return {"weight": weight, "step": torch.tensor(7.0), "none": torch.zeros(0)}


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "run" / "last.safetensors"
    write_checkpoint(path, Checkpoint(tensors(), FACTS))
    checkpoint = read_checkpoint(path)
    assert checkpoint.facts == FACTS
    assert all(torch.equal(checkpoint.tensors[name], value) for name, value in tensors().items())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failed_write_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Checkpoint(tensors(), FACTS))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TrainingError, match="last.safetensors: cannot be written.*No space"):
        write_checkpoint(path, Checkpoint({}, {}))
    assert read_checkpoint(path).facts == FACTS
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Checkpoint(tensors(), FACTS))
    whole = path.read_bytes()
    for length in (0, 4, 40, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(TrainingError, match=r"last\.safetensors: is damaged"):
            read_checkpoint(path)


def test_a_changed_bit_anywhere_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Checkpoint({"weight": torch.arange(5.0)}, FACTS))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(TrainingError, match=r"is damaged|is no checkpoint|version is"):
            read_checkpoint(path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (ran,)

    path = tmp_path / "last.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(TrainingError, match="is damaged"):
        read_checkpoint(path)
    torch.save({"weights": Trap()}, path)
    with pytest.raises(TrainingError, match="is damaged"):
        read_checkpoint(path)
    assert not ran.exists()


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file(tensors() | {"weight": torch.zeros(2)}, path)
    with pytest.raises(TrainingError, match="is no checkpoint of this package"):
        read_checkpoint(path)
    save_file({}, path, {"format": "unet_perception checkpoint", "version": "99"})
    with pytest.raises(TrainingError, match="version is '99'; this package reads 2"):
        read_checkpoint(path)
    with pytest.raises(TrainingError, match="no checkpoint to go on from"):
        read_checkpoint(tmp_path / "absent.safetensors")
