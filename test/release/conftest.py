# SPDX-License-Identifier: Apache-2.0
"""A release, built from a commit of the source tree as it is now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "release"))  # scripts that lie side by side

import artefacts

COMMIT_TIME = "2026-01-02T03:04:06+00:00"


def commit(repo: Path, folder: Path) -> Path:
    """Commit the source tree, with what is not committed yet, into a repository of its own."""
    if not (repo / ".git").exists():
        pytest.skip("not a git checkout: a release is built from a commit")
    artefacts.copy_tracked(repo, folder)
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    environment = {**os.environ, "GIT_COMMITTER_DATE": COMMIT_TIME, "GIT_AUTHOR_DATE": COMMIT_TIME}
    for words in (["init", "-q"], ["add", "--all", "--force"], [*who, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=environment)
    return folder


@pytest.fixture(scope="session")
def committed(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return commit(repo, tmp_path_factory.mktemp("committed") / "tree")


@pytest.fixture(scope="session")
def built(committed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel."""
    return artefacts.build(committed, tmp_path_factory.mktemp("dist"))
