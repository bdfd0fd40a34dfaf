# SPDX-License-Identifier: Apache-2.0
"""``make check`` finds the tests of what changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from changed import ALWAYS, PAGE, REPO, changed_files, choose, own_tests, rooms

ROOMS = rooms(PAGE.read_text(encoding="utf-8"))
TESTS = [path.relative_to(REPO).as_posix() for path in sorted(REPO.glob("test/**/test_*.py"))]


def found(file: str) -> list[str]:
    return own_tests(file, TESTS, ROOMS)


def test_a_file_stands_for_its_rooms_tests_those_of_its_name_first() -> None:
    names = found("unet_perception/dataset/verify.py")
    assert names[0] == "test/dataset/test_verify.py"
    assert set(names) == {test for test in TESTS if test.startswith("test/dataset/")}


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("unet_perception/playback/scenes.py", "test/playback"),
        ("unet_perception/playback/street/sky.py", "test/playback/street"),
        ("unet_perception/nodes/perception/worker.py", "test/nodes/perception"),
        ("unet_perception/labels/carla-0.8.yaml", "test/labels"),
        ("unet_perception/view/page/page.js", "test/view"),
        ("unet_perception/segmenter.py", "test"),
        ("unet_perception/errors.py", "test"),
        ("test/carla/conftest.py", "test/carla"),
        ("docs/faults.md", "test/docs"),
        ("README.md", "test/docs"),
        ("config/perception.yaml", "test/options"),
        ("models/carla_unet/model.json", "test/model"),
    ],
)
def test_of_nested_rooms_it_is_the_inner_one_alone(file: str, place: str) -> None:
    names = found(file)
    assert names
    assert {test.rpartition("/")[0] for test in names} == {place}


def test_few_rooms_have_no_tests_of_their_own() -> None:
    package = REPO / "unet_perception"
    files = [path.relative_to(REPO).as_posix() for path in package.rglob("*.py")]
    assert {file.split("/")[1] for file in files if not found(file)} == {"nodes", "serving"}


def test_whole_systems_are_left_out_and_named() -> None:
    chosen, slow = choose(["test/faults/test_view.py", "docs/index.md"], TESTS, ROOMS)
    assert chosen == [ALWAYS, *(x for x in found("docs/index.md") if x != slow[-1])]
    assert slow == ["test/faults/test_view.py", "test/docs/test_site.py"]


def test_nothing_changed_leaves_the_architecture() -> None:
    assert choose([], TESTS, ROOMS) == ([ALWAYS], [])


def test_changed_is_what_differs_from_main_committed_or_not(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    for name in ("kept", "committed", "edited", "removed", "moved"):
        (tmp_path / name).write_text(name)
    _commit(tmp_path)
    assert changed_files(tmp_path) == []
    _git(tmp_path, "checkout", "--quiet", "-b", "work")
    (tmp_path / "committed").write_text("otherwise")
    _commit(tmp_path)
    _git(tmp_path, "checkout", "--quiet", "main")
    (tmp_path / "later").write_text("of others")
    _commit(tmp_path)
    _git(tmp_path, "checkout", "--quiet", "work")
    (tmp_path / "edited").write_text("otherwise")
    (tmp_path / "removed").unlink()
    _git(tmp_path, "mv", "moved", "here")
    (tmp_path / "new").write_text("new")
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text("")
    names = [".gitignore", "committed", "edited", "here", "moved", "new", "removed"]
    assert changed_files(tmp_path) == names


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_clock_starts_with_the_first_test(processes: str) -> None:
    pytest.importorskip("xdist")
    command = [sys.executable, "-m", "pytest", "-p", "changed", "-q", "-n", processes]
    done = subprocess.run(
        [*command, "test/labels/test_carla_version.py"],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO / "test")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout


def _commit(repo: Path) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
    _git(repo, "add", "--all")
    _git(repo, *who, "commit", "--quiet", "--no-verify", "--message", "as it is")


def _git(repo: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=repo, capture_output=True, text=True, check=True, timeout=60
    ).stdout
