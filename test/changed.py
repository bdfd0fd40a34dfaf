# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of what changed: ``make check``.

Changed is what differs from where the branch left main, committed or not. A file of the package
stands for the tests of its room, those of its own name first; a room's tests have its place below
``test/``. Left out is by a rule what takes long, and by the clock what would come too late. Both
are said; ``make test`` runs them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO / "docs"))

from rooms import PAGE, room_of, rooms  # noqa: E402

PACKAGE = "unet_perception/"
ALWAYS = "test/test_architecture.py"
SLOW = (
    *("test/integration/*", "test/faults/*", "test/launch/*"),  # whole systems
    *("test/install/*", "test/release/*", "test/docs/test_site.py"),  # whole packages and sites
)
BESIDE = {
    "benchmarks/*": "test/benchmarks/test_*.py",
    "config/*": "test/options/test_*.py",
    "docker/*": "test/docker/test_*.py",
    "*.md": "test/docs/test_*.py",
    "docs/*": "test/docs/test_*.py",
    "examples/*": "test/examples/test_*.py",
    "fuzz/*": "test/fuzz/test_*.py",
    "launch/*": "test/bringup/test_*.py",
    "models/*": "test/model/test_bundle*.py",
    "package.xml": "test/test_package.py",
    "scripts/*": "test/test_package.py",
    "setup.py": "test/test_package.py",
}
"""Tests of what lies beside the package."""

BUDGET_S = 40.0
"""After this no further test begins: lint and the last test have the rest of a minute."""

_began = 0.0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test out that would come too late; the clock starts with the first of a process."""
    global _began  # noqa: PLW0603
    _began = _began or time.monotonic()
    late = time.monotonic() - _began > BUDGET_S
    if late and not item.nodeid.startswith(ALWAYS):
        pytest.skip(f"after {BUDGET_S:.0f} s; make test runs it")


def changed_files(repo: Path) -> list[str]:
    """Return what differs from where the branch left main, and what git does not track yet."""
    known = _git(repo, "for-each-ref", "--format=%(refname:short)", "refs")
    main = next((name for name in ("origin/main", "main") if name in known), "HEAD")
    (base,) = _git(repo, "merge-base", "HEAD", main)
    return sorted(
        {
            *_git(repo, "diff", "--name-only", "--no-renames", base),
            *_git(repo, "ls-files", "--others", "--exclude-standard"),
        }
    )


def own_tests(file: str, tests: Collection[str], table: Collection[str]) -> list[str]:
    """Return the test files that belong to a file.

    Args:
        file: Its path in the repository.
        tests: All test files.
        table: Names of the package's rooms.
    """
    if file in tests:
        return [file]
    folder = file.rpartition("/")[0]
    if file.startswith("test/") and file.endswith("conftest.py"):
        return [test for test in tests if test.startswith(f"{folder}/")]
    if not file.startswith(PACKAGE):
        patterns = [its for place, its in BESIDE.items() if fnmatch(file, place)]
        return [test for test in tests if any(fnmatch(test, x) for x in patterns)]
    room = room_of(file.removeprefix(PACKAGE), table)
    if not room:
        return ["test/test_package.py"]
    if "/" in file.removeprefix(PACKAGE):
        of_room = [test for test in tests if test.rpartition("/")[0] == f"test/{room}"]
    else:
        of_room = [test for test in tests if test.startswith(f"test/test_{room}")]
    return sorted(of_room, key=lambda test: Path(file).stem not in Path(test).stem)


def choose(
    changed: Iterable[str], tests: Collection[str], table: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return the test files that run, and those that are left out as slow."""
    chosen = dict.fromkeys([ALWAYS])
    for file in changed:
        chosen.update(dict.fromkeys(own_tests(file, tests, table)))
    slow = [test for test in chosen if any(fnmatch(test, pattern) for pattern in SLOW)]
    return [test for test in chosen if test not in slow], slow


def main() -> int:
    """Run them, and say what was left out."""
    changed = changed_files(REPO)
    tests = [path.relative_to(REPO).as_posix() for path in sorted(REPO.glob("test/**/test_*.py"))]
    chosen, slow = choose(changed, tests, rooms(PAGE.read_text(encoding="utf-8")))
    print(f"{len(changed)} files changed since main, {len(chosen)} test files", flush=True)
    words = ["-p", Path(__file__).stem, "-q", "-m", "not exhaustive", *sys.argv[1:]]
    code = int(pytest.main([*words, *(str(REPO / test) for test in chosen)]))
    print(f"left out, make test runs it: {', '.join([*slow, 'what is marked exhaustive'])}")
    return code


def _git(repo: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["git", *words], cwd=repo, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
