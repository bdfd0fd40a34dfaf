# SPDX-License-Identifier: Apache-2.0
"""Packages, each tried in a process of its own: a broken library may end the one that loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM, Finding
from unet_perception.ros.transport.profile import OLD_PROFILE_VARIABLE, PROFILE_VARIABLE

RMW_VARIABLE = "RMW_IMPLEMENTATION"
FAST_DDS = "rmw_fastrtps_cpp"
CARLA_VERSION = "0.9.16"

_SECONDS = 60.0
_OPTIONAL = (
    ("rosbags", "adds masks to bags"),
    ("onnx", "exports models and reads their weights"),
    ("nncf", "makes int8 networks"),
    ("onnxruntime", "is compared with by bench"),
    ("matplotlib", "draws plots of bench"),
)


def try_import(module: str) -> str:
    """Import a module in a process of its own; return why that fails, or an empty text."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"importing it takes more than {_SECONDS:.0f} s"
    if done.returncode < 0:
        return f"importing it ends the process with signal {-done.returncode}"
    lines = done.stderr.strip().splitlines()
    return (lines[-1] if lines else "it cannot be imported") if done.returncode else ""


def look_at_ros(environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Return whether a node can be started, and how its frames will travel."""
    problem = try_import("rclpy")
    distribution = environment.get("ROS_DISTRO", "no ROS_DISTRO set: ROS wheels of this package")
    findings = [
        Finding("rclpy", PROBLEM, problem, "source ROS's setup.bash, or install the extra [ros]")
        if problem
        else Finding("rclpy", GOOD, f"loads ({distribution})")
    ]
    chosen = environment.get(RMW_VARIABLE, "")
    if chosen and chosen != FAST_DDS:
        text = f"{RMW_VARIABLE} is {chosen}: what this package measures and tunes is {FAST_DDS}"
        findings.append(Finding("middleware", NOTE, text, f"unset {RMW_VARIABLE}"))
    else:
        findings.append(Finding("middleware", GOOD, FAST_DDS))
    findings.append(_profile(environment))
    return findings


def look_at_carla() -> list[Finding]:
    """Return whether the bridge can talk to CARLA."""
    problem = try_import("carla")
    fix = f"pip install carla=={CARLA_VERSION} (or the extra unet_perception[carla])"
    if problem:
        return [Finding("CARLA's client", NOTE, f"{problem}; the bridge needs it", fix)]
    found = _version("carla")
    if found != CARLA_VERSION:
        text = f"{found}; it must be the server's version, and {CARLA_VERSION} is what was tested"
        return [Finding("CARLA's client", NOTE, text, fix)]
    return [Finding("CARLA's client", GOOD, found)]


def look_at_packages() -> list[Finding]:
    """Return which packages of single verbs are there."""
    findings = []
    for name, use in _OPTIONAL:
        found = _version(name)
        if found:
            findings.append(Finding(name, GOOD, f"{found}; {use}"))
        else:
            findings.append(Finding(name, NOTE, f"not installed; {use}", f"pip install {name}"))
    return findings


def _profile(environment: Mapping[str, str]) -> Finding:
    for variable in (PROFILE_VARIABLE, OLD_PROFILE_VARIABLE):
        path = environment.get(variable)
        if path and not Path(path).is_file():
            text = f"{variable} is {path}: no such file, so Fast DDS loses large frames"
            return Finding("Fast DDS profile", PROBLEM, text, f"unset {variable}")
        if path:
            text = f"{path}, as {variable} says; it must allow messages of a frame's size"
            return Finding("Fast DDS profile", GOOD, text)
    return Finding(
        "Fast DDS profile", GOOD, "the package's own, in its nodes; give the same to the camera's"
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
