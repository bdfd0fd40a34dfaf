# SPDX-License-Identifier: Apache-2.0
"""Both ways to install the package give the executables and files that ROS looks for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "unet_perception"
LEFT_OUT = shutil.ignore_patterns(
    ".*", "test", "benchmarks", "fuzz", "docs", "build", "install", "log"
)
BUILD_S = 170.0
RUN_S = 60.0

ROS_EXECUTABLES = (
    *("perception", "camera_source", "carla_bridge", "carla_perception"),
    "live_view",
)
LAUNCH_FILES = ("carla", "perception", "playback", "record")


@dataclass(frozen=True)
class Installed:
    """An installed package: where it is, and the environment that finds it."""

    prefix: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.prefix,
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )

    def executable(self, name: str) -> str:
        return str(self.prefix / "lib" / PACKAGE / name)


@pytest.fixture(scope="module")
def source(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is installed: both ways write into the source tree."""
    copy = tmp_path_factory.mktemp("workspace") / "src" / PACKAGE
    (copy / "docs").mkdir(parents=True)
    return Path(shutil.copytree(repo, copy, ignore=LEFT_OUT, dirs_exist_ok=True))


def environment() -> dict[str, str]:
    """The environment of a new shell in which only the ROS wheels are known."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    return {**kept, "PATH": path, "AMENT_PREFIX_PATH": sys.prefix}


def build(command: list[str], folder: Path) -> None:
    result = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def by_colcon(source: Path) -> Installed:
    """Built by colcon in a workspace, which is then sourced."""
    if find_spec("colcon_core") is None:
        pytest.skip("colcon is not installed")
    workspace = source.parent.parent
    build([sys.executable, "-m", "colcon", "build"], workspace)
    sourced = subprocess.run(
        ["bash", "-c", ". install/setup.bash >&2 && env -0"],
        cwd=workspace,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    found = dict(line.partition("=")[::2] for line in sourced.split("\0") if line)
    return Installed(workspace / "install" / PACKAGE, found)


@pytest.fixture(scope="module")
def by_pip(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Installed by pip, into a prefix of its own beside the environment's packages."""
    prefix = tmp_path_factory.mktemp("prefix")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--prefix", str(prefix)]
    build([*pip, "--no-build-isolation", "--ignore-installed", str(source)], prefix)
    (packages,) = prefix.glob("lib/python3*/site-packages")
    found = environment()
    found["AMENT_PREFIX_PATH"] = os.pathsep.join([str(prefix), found["AMENT_PREFIX_PATH"]])
    return Installed(prefix, {**found, "PYTHONPATH": str(packages)})


@pytest.fixture(params=["by_colcon", "by_pip"])
def installed(request: pytest.FixtureRequest) -> Installed:
    return request.getfixturevalue(request.param)


def test_the_files_are_where_ros_looks_for_them(installed: Installed, repo: Path) -> None:
    share = installed.prefix / "share" / PACKAGE
    assert (share / "package.xml").is_file()
    assert (installed.prefix / "share/ament_index/resource_index/packages" / PACKAGE).is_file()
    for name in LAUNCH_FILES:
        assert (share / "launch" / f"{name}.launch.py").is_file()
    for folder in ("config", "models/carla_unet"):
        wanted = {path.name for path in (repo / folder).iterdir()}
        assert {path.name for path in (share / folder).iterdir()} == wanted
    for name in (*ROS_EXECUTABLES, "record_dataset"):
        assert os.access(installed.executable(name), os.X_OK)


def test_ros_finds_the_package(installed: Installed) -> None:
    pytest.importorskip("ament_index_python")
    code = f"import ament_index_python.packages as p; print(p.get_package_prefix({PACKAGE!r}))"
    assert installed.run(sys.executable, "-c", code).stdout.strip() == str(installed.prefix)


def test_the_installed_code_is_the_one_that_runs(installed: Installed) -> None:
    code = (
        "from unet_perception.files import share; "
        "print(share.__file__); print(share.share_path('config/overlay.rviz'))"
    )
    module, config = installed.run(sys.executable, "-c", code).stdout.split()
    share = installed.prefix / "share" / PACKAGE
    assert Path(module).is_relative_to(installed.prefix)
    assert Path(config) == share / "config/overlay.rviz"


def test_the_live_page_is_whole(installed: Installed, repo: Path) -> None:
    code = "from unet_perception.view.site import load_site; print(*sorted(load_site()))"
    wanted = {path.name for path in (repo / "unet_perception/view/page").iterdir()}
    assert set(installed.run(sys.executable, "-c", code).stdout.split()) == wanted


def test_reports_find_their_templates(installed: Installed) -> None:
    for name in ("dataset", "evaluation"):
        code = (
            "from unet_perception.dataset import page; "
            f"print(page._environment().get_template('{name}/report.html').name)"
        )
        assert installed.run(sys.executable, "-c", code).stdout.strip() == f"{name}/report.html"


@pytest.mark.parametrize("name", ROS_EXECUTABLES)
def test_the_nodes_run(installed: Installed, name: str) -> None:
    pytest.importorskip("rclpy")
    result = installed.run(installed.executable(name), "--ros-args", "-p", "nonsense:=1")
    assert result.returncode == 1
    # Written by the node itself, once rclpy has started.
    node = "carla_bridge" if name == "carla_perception" else name
    assert re.search(
        rf"^{node}: cannot start: parameter nonsense is not known", result.stderr, re.MULTILINE
    ), result.stderr


def test_the_recorder_runs(installed: Installed) -> None:
    result = installed.run(installed.executable("record_dataset"), "--help")
    assert "usage: unet-perception record" in result.stdout
