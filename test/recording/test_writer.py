# SPDX-License-Identifier: Apache-2.0
"""Both files or neither, in the order of submission; the first failure ends it all."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_pairs import IDENTITY, check_whole, job, record

from unet_perception.dataset.manifest import read_manifest
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording import writer as writer_module
from unet_perception.recording.pair_files import PairFiles
from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairJob, PairWriter


def damaged(frame: int) -> PairJob:
    """A pair that no worker can encode: its ids are of the wrong type."""
    good = job(frame)
    images = {**good.images, "CameraMask": good.images["CameraMask"].astype(np.uint16)}
    return replace(good, images=images)


def test_pairs_are_written_with_their_numbers_sums_and_histograms(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder, PairWriter(folder) as writer:
        names = [writer.submit(job(frame)) for frame in range(40)]
        writer.flush()
        counts = writer.counts
    assert names == [f"{number:06d}" for number in range(40)]
    assert (counts.written, counts.pending) == (40, 0)
    assert counts.size == sum(path.stat().st_size for path in tmp_path.rglob("*.png"))
    assert check_whole(tmp_path) == 40
    open_folder(tmp_path, IDENTITY, "full").close()


def test_a_pictures_fourth_channel_and_any_view_of_it_will_do(tmp_path: Path) -> None:
    semantic = np.zeros((48, 64, 4), np.uint8)
    semantic[..., 2] = job(0).images["CameraMask"]
    picture = job(0).images["CameraRGB"]
    with open_folder(tmp_path, IDENTITY) as folder, PairWriter(folder) as writer:
        images = {"CameraRGB": picture[..., :3], "CameraMask": semantic[..., 2]}
        writer.submit(replace(job(0), images=images))
    assert check_whole(tmp_path) == 1


def test_further_folders_belong_to_the_pair(tmp_path: Path) -> None:
    camera = IDENTITY.cameras["CameraRGB"]
    more = {"CameraDepth": camera, "CameraRGB_left": camera, "CameraMask_left": camera}
    identity = replace(IDENTITY, cameras={**IDENTITY.cameras, **more})
    bgra, ids = job(0).images.values()
    extra = {"CameraDepth": bgra, "CameraRGB_left": bgra, "CameraMask_left": ids}
    with open_folder(tmp_path, identity) as folder, PairWriter(folder) as writer:
        writer.submit(replace(job(0), images={**job(0).images, **extra}))
    (entry,) = read_manifest(tmp_path)
    assert set(entry.files) == {f"{name}/000000.png" for name in identity.cameras}
    assert entry.files["CameraMask_left/000000.png"] == entry.files["CameraMask/000000.png"]


def test_a_pair_that_does_not_fit_the_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    whole = job(0)
    half = {"CameraRGB": whole.images["CameraRGB"]}
    small = {**whole.images, "CameraMask": np.zeros((47, 64), np.uint8)}
    with open_folder(tmp_path, IDENTITY) as folder, PairWriter(folder) as writer:
        with pytest.raises(DatasetError, match="no image for CameraMask"):
            writer.submit(replace(whole, images=half))
        with pytest.raises(DatasetError, match="one too many, CameraDepth"):
            writer.submit(replace(whole, images={**whole.images, "CameraDepth": half}))
        with pytest.raises(DatasetError, match=r"CameraMask is 64x47; its camera has 64x48"):
            writer.submit(replace(whole, images=small))
        writer.submit(whole)
    assert check_whole(tmp_path) == 1


@settings(max_examples=30, deadline=None)
@given(
    bad=st.sets(st.integers(0, 19), min_size=1, max_size=4),
    workers=st.integers(1, 4),
    queue=st.integers(1, 20),
)
def test_a_failure_keeps_all_before_it_and_nothing_after(
    bad: set[int], workers: int, queue: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("pool")
    with open_folder(root, IDENTITY) as folder:
        writer = PairWriter(folder, workers, queue)
        with pytest.raises(DatasetError, match="CameraMask: a mask is uint8"):
            for frame in range(20):
                writer.submit(damaged(frame) if frame in bad else job(frame))
            writer.close()
        writer.close()
        assert writer.counts.written == min(bad)
        assert isinstance(writer.failure, DatasetError)
    assert check_whole(root) == min(bad)
    record(root, range(min(bad), 25))
    assert check_whole(root) == 25


def test_submitting_waits_while_too_many_are_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def held(*args: object) -> PairFiles:
        assert gate.wait(30)
        return PairFiles(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(writer_module, "PairFiles", held)
    with open_folder(tmp_path, IDENTITY) as folder, PairWriter(folder, 2, queue=5) as writer:
        for frame in range(5):
            writer.submit(job(frame))
        sixth = threading.Thread(target=writer.submit, args=(job(5),))
        sixth.start()
        sixth.join(0.2)
        assert sixth.is_alive()
        assert writer.counts.pending == 5
        gate.set()
        sixth.join(30)
        assert not sixth.is_alive()
    assert check_whole(tmp_path) == 6


def test_images_are_let_go_of_once_they_are_encoded(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder, PairWriter(folder) as writer:
        pair = job(0)
        images = [weakref.ref(image) for image in pair.images.values()]
        writer.submit(pair)
        del pair
        writer.flush()
        gc.collect()
        assert [image() for image in images] == [None, None]


def test_nothing_of_a_pair_is_named_before_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[tuple[str, str]] = []
    lock = threading.Lock()

    def watched(name: str, path_of: object) -> None:
        real = getattr(os, name)

        def call(*args: object) -> object:
            result = real(*args)
            with lock:
                log.append((name, path_of(*args)))  # type: ignore[operator]
            return result

        monkeypatch.setattr(os, name, call)

    def opened(file: int, *_: object) -> str:
        return Path(os.readlink(f"/proc/self/fd/{file}")).relative_to(tmp_path).as_posix()

    with open_folder(tmp_path, IDENTITY) as folder:
        for name in ("fsync", "fdatasync", "write"):
            watched(name, opened)
        watched("rename", lambda _, to: Path(to).relative_to(tmp_path).as_posix())
        with PairWriter(folder) as writer:
            for frame in range(12):
                writer.submit(job(frame))
    lines = [i for i, step in enumerate(log) if step == ("write", "manifest.jsonl")]
    synced = [i for i, step in enumerate(log) if step == ("fdatasync", "manifest.jsonl")]
    assert lines
    assert [a < b for a, b in zip(lines, synced, strict=True)] == [True] * len(lines)
    for number in range(12):
        for name in ("CameraRGB", "CameraMask"):
            data = log.index(("fsync", f"{name}/.{number:06d}.png.tmp"))
            named = log.index(("rename", f"{name}/{number:06d}.png"))
            folder_after = log.index(("fsync", name), named)
            assert data < named < folder_after < next(i for i in lines if i > named)


def test_a_folder_that_vanishes_ends_it_with_its_name(tmp_path: Path) -> None:
    with open_folder(tmp_path / "d", IDENTITY) as folder:
        writer = PairWriter(folder)
        writer.submit(job(0))
        writer.flush()
        shutil.rmtree(tmp_path / "d" / "CameraMask")
        with pytest.raises(DatasetError, match=r"CameraMask/000001\.png.*No such file"):
            writer.submit(job(1))
            writer.flush()
        writer.close()
    assert len(read_manifest(tmp_path / "d")) == 1


def test_a_manifest_that_is_replaced_or_removed_ends_it(tmp_path: Path) -> None:
    for number, harm in enumerate((os.unlink, lambda path: path.write_text(""))):
        root = tmp_path / str(number)
        with open_folder(root, IDENTITY) as folder:
            writer = PairWriter(folder)
            writer.submit(job(0))
            writer.flush()
            harm(root / "manifest.jsonl")
            with pytest.raises(DatasetError, match=r"manifest\.jsonl"):
                writer.submit(job(1))
                writer.flush()
            writer.close()
        assert not (root / "CameraRGB" / "000001.png").exists()


def test_an_error_under_way_is_not_replaced(tmp_path: Path) -> None:
    with (
        open_folder(tmp_path, IDENTITY) as folder,
        pytest.raises(KeyboardInterrupt),
        PairWriter(folder) as writer,
    ):
        writer.submit(job(0))
        writer.submit(damaged(1))
        raise KeyboardInterrupt
    assert check_whole(tmp_path) == 1


def test_numbers_that_make_no_pool_are_refused(tmp_path: Path) -> None:
    with open_folder(tmp_path, IDENTITY) as folder:
        with pytest.raises(ConfigError, match="workers is 0"):
            PairWriter(folder, 0)
        with pytest.raises(ConfigError, match="queue is 257; it must be 1 to 256"):
            PairWriter(folder, queue=257)
        writer = PairWriter(folder)
        writer.close()
        with pytest.raises(DatasetError, match="the writer is closed"):
            writer.submit(job(0))
