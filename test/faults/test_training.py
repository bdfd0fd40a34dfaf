# SPDX-License-Identifier: Apache-2.0
"""Faults of a training: what ends it leaves a whole checkpoint, and the run goes on to the bit."""

from __future__ import annotations

import os
import resource
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from limits import no_more_handles  # noqa: E402
from scheduling import freeze, starved  # noqa: E402
from small_disk import remount, small_disk  # noqa: E402
from training_process import SMALL, TrainingProcess  # noqa: E402

from unet_perception.cli.main import main  # noqa: E402
from unet_perception.dataset import write_pair  # noqa: E402
from unet_perception.demo.stack import free_port  # noqa: E402
from unet_perception.training.checkpoint import BEST, LAST, read_checkpoint  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

EPOCHS = ["--epochs", "12"]
MEMORY = 250_000_000
LARGE = ["--batch-size", "32", "--height", "256", "--width", "512", "--n-filters", "16"]
"""Its first layer alone takes 268 MB."""


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(12):
        ids = np.zeros((16, 32), np.uint8)
        ids[:, int(rng.integers(8, 24)) :] = 7
        rgb = np.where(ids == 7, np.uint8(200), np.uint8(40))[..., None].repeat(3, 2)
        write_pair(tmp_path / "drive", f"{number:04d}", rgb, ids)
    return tmp_path / "drive"


def check_folder(folder: Path) -> None:
    """Assert that the last checkpoint is whole and that nothing half lies beside it."""
    read_checkpoint(folder / LAST)
    names = {path.name for path in folder.iterdir()}
    assert {name for name in names if not name.startswith("epoch_")} <= {LAST, BEST}


def same(first: Path, second: Path) -> bool:
    one, other = read_checkpoint(first / LAST), read_checkpoint(second / LAST)
    return one.tensors.keys() == other.tensors.keys() and all(
        torch.equal(value, other.tensors[name]) for name, value in one.tensors.items()
    )


def train(drive: Path, out: Path, *more: str) -> int:
    """Train in this process."""
    where = ["--data", f"{drive},hold_out=0.2", "--out", str(out)]
    return main(["train", *where, *SMALL.split(), *EPOCHS, *more])


def test_without_file_handles_and_starved_it_ends_and_goes_on_to_the_bit(
    drive: Path, tmp_path: Path, left: Any
) -> None:
    assert train(drive, tmp_path / "whole") == 0
    out = tmp_path / "out"
    with TrainingProcess(drive, out, *EPOCHS) as run:
        run.wait_for_checkpoint()
        left.watch(run.popen.pid)
        with no_more_handles(run.popen.pid):
            assert run.wait() == 1, run.output
        # The checkpoint, or the epoch's picture.
        assert f"{run.folder}/" in run.message
        assert "Too many open files" in run.message
        left.check()
    check_folder(run.folder)
    assert not out.exists()
    # Clocks that jump: no time of a file means anything.
    for path, seconds in ((run.last, 4_000_000_000), (drive / "CameraRGB" / "0003.png", 0)):
        os.utime(path, (seconds, seconds))
    before = run.last.read_bytes()
    with TrainingProcess(drive, out, *EPOCHS, "--resume") as run:
        while run.last.read_bytes() == before:
            assert run.popen.poll() is None, run.output
        left.watch(run.popen.pid)
        with starved(run.popen.pid):
            time.sleep(1.5)
        assert run.wait() == 0, run.output
        left.check()
    check_folder(run.folder)
    assert same(run.folder, tmp_path / "whole.training")
    assert (out / "model.onnx").read_bytes() == (tmp_path / "whole/model.onnx").read_bytes()


def start_pair(stack: ExitStack, drive: Path, out: Path) -> tuple[TrainingProcess, TrainingProcess]:
    """Start two processes that train together, as ``torchrun`` would."""
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}

    def start(rank: str) -> TrainingProcess:
        environment = {**together, "RANK": rank, "LOCAL_RANK": rank}
        run = TrainingProcess(drive, out, *EPOCHS, environment=environment)
        return stack.enter_context(run)

    return start("0"), start("1")


def test_a_process_of_a_run_that_stands_still_is_waited_for_and_a_dead_one_told(
    drive: Path, tmp_path: Path, left: Any
) -> None:
    with ExitStack() as stack:
        speaker, other = start_pair(stack, drive, tmp_path / "out")
        speaker.wait_for_checkpoint()
        left.watch(speaker.popen.pid)
        freeze(other.popen.pid)
        # It could go no further than its peer, and goes on with it.
        speaker.wait_for_checkpoint(speaker.last.stat().st_mtime_ns)
        other.popen.kill()
        assert speaker.wait() == 1, speaker.output
        assert "another process of this run is gone" in speaker.message
        left.check()
        check_folder(speaker.folder)


def test_a_network_too_large_for_the_memory_is_told_with_what_to_lower(
    drive: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pid = os.fork()
    if pid == 0:
        code = 77
        try:
            status = Path("/proc/self/status").read_text().splitlines()
            size = next(int(line.split()[1]) for line in status if line.startswith("VmSize"))
            limit = size * 1024 + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            code = train(drive, tmp_path / "out", *LARGE)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    error = capfd.readouterr().err
    assert error.startswith("unet-perception train: the memory is used up: lower batch_size (it is")
    assert error.count("\n") == 1
    assert not (tmp_path / "out.training").exists()


def test_a_file_that_may_not_grow(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        assert train(drive, tmp_path / "out") == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "safetensors: cannot be written: [Errno 27] File too large" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if LAST in path.name] == []


def test_a_full_disk(drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:
        assert train(drive, disk / "out") == 1
        error = capsys.readouterr().err
        assert error.startswith(f"unet-perception train: {disk}/out.training/")
        assert "No space left on device" in error
        assert error.count("\n") == 1
        assert [path for path in disk.rglob("*") if LAST in path.name] == []
        remount(disk, "size=32m")
        assert train(drive, disk / "out") == 0


def test_a_read_only_disk_is_told_before_training(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "32m") as disk:
        remount(disk, "ro")
        assert train(drive, disk / "out") == 1
        captured = capsys.readouterr()
        assert captured.err.endswith(f"cannot be written: {disk} is read-only\n")
        assert captured.out == ""
        remount(disk, "rw")
        assert train(drive, disk / "out") == 0
