# SPDX-License-Identifier: Apache-2.0
"""package.xml and setup.py say the same, and name what the code imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROS_PACKAGES = (
    *("rclpy", "launch", "launch_ros", "launch_testing"),
    *("ament_index_python", "cv_bridge"),
)
ROS_ENDINGS = ("_msgs", "_srvs", "_interfaces")
ROSDEP_KEYS = {
    "aiohttp": "python3-aiohttp",
    "Jinja2": "python3-jinja2",
    "msgpack": "python3-msgpack",
    "numpy": "python3-numpy",
    "opencv-python-headless": "python3-opencv",
    "rich": "python3-rich",
    "PyYAML": "python3-yaml",
}
LICENCE = "# SPDX-License-Identifier: Apache-2.0"
FOLDERS = ("unet_perception", "launch", "test", "benchmarks", "release", "scripts")


@pytest.fixture(scope="module")
def manifest(repo: Path) -> ElementTree.Element:
    return ElementTree.parse(repo / "package.xml").getroot()


def names(manifest: ElementTree.Element, tag: str) -> set[str]:
    return {str(element.text) for element in manifest.findall(tag)}


def imports(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def of_ros(found: Iterator[str]) -> set[str]:
    return {name for name in found if name in ROS_PACKAGES or name.endswith(ROS_ENDINGS)}


def test_every_ros_package_that_is_imported_is_named(
    manifest: ElementTree.Element, repo: Path
) -> None:
    needed = names(manifest, "exec_depend")
    assert of_ros(imports(repo / "unet_perception")) | of_ros(imports(repo / "launch")) <= needed
    assert of_ros(imports(repo / "test")) <= needed | names(manifest, "test_depend")


def test_what_pip_installs_rosdep_installs_too(manifest: ElementTree.Element, repo: Path) -> None:
    setup = ast.parse((repo / "setup.py").read_text())
    (required,) = [
        ast.literal_eval(node.value)
        for node in ast.walk(setup)
        if isinstance(node, ast.keyword) and node.arg == "install_requires"
    ]
    for requirement in required:
        assert ROSDEP_KEYS[requirement.partition(">")[0]] in names(manifest, "exec_depend")


def test_name_version_maintainer_and_licence_agree(
    manifest: ElementTree.Element, repo: Path
) -> None:
    told = subprocess.run(
        [sys.executable, "setup.py", "--name", "--version", "--maintainer-email", "--license"],
        cwd=repo,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-4:]
    maintainer = manifest.find("maintainer")
    assert maintainer is not None
    said = [manifest.findtext(tag) for tag in ("name", "version")]
    assert told == [*said, maintainer.get("email"), manifest.findtext("license")]
    assert manifest.findtext("export/build_type") == "ament_python"


def test_every_source_file_begins_with_its_licence(repo: Path) -> None:
    for folder in FOLDERS:
        for path in (repo / folder).rglob("*"):
            if path.is_file() and (path.suffix == ".py" or folder == "scripts"):
                first = path.read_text().splitlines()[:2]
                assert LICENCE in first, path
