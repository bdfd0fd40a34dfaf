# SPDX-License-Identifier: Apache-2.0
"""The site is built without a warning, and a browser without a network can show it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "docs"))

from public import PAGE, public_modules  # noqa: E402

MODULES = public_modules(PAGE.read_text(encoding="utf-8"))
# What a browser fetches by itself, other than links that a person follows.
FETCHED = re.compile(r"""<(?:script|img|iframe|source)[^>]+src=["']?([^"' >]+)""")
STYLES = re.compile(r"""<link[^>]+rel=["']?(?:stylesheet|preconnect|icon)[^>]*>""")
BUILD_S = 300.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("mkdocs") is None or find_spec("mkdocstrings") is None:
        pytest.skip("mkdocs is not installed: pip install '.[docs]'")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


def test_readme_tutorials_and_every_public_module_have_a_page(site: Path) -> None:
    assert "Live semantic segmentation" in (site / "index.html").read_text()
    tutorials = sorted(path.stem for path in (REPO / "docs" / "tutorials").glob("*.md"))
    assert len(tutorials) >= 6
    for name in tutorials:
        assert (site / "tutorials" / f"{name}.html").is_file()
    names = [module.partition(".")[2] for module in MODULES]
    assert {path.stem for path in (site / "reference").glob("*.html")} == set(names)
    for name in names:
        assert f"unet_perception.{name}" in (site / "reference" / f"{name}.html").read_text()


def test_the_api_is_read_from_the_docstrings(site: Path) -> None:
    page = (site / "reference" / "labels.html").read_text()
    assert "Return the map between two label sets." in page


def test_files_of_the_repository_that_pages_link_to_are_pages(site: Path) -> None:
    page = site / "repository" / "config" / "perception.yaml.html"
    assert "input_image_topic" in page.read_text()
    cameras = (site / "tutorials" / "cameras.html").read_text()
    assert 'href="../repository/config/carla_cameras.yaml.html"' in cameras


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text()
        fetched = FETCHED.findall(text) + STYLES.findall(text)
        assert fetched
        for one in fetched:
            assert "//" not in one.replace("data:", ""), (page.name, one)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?https?:", style.read_text()), style.name
