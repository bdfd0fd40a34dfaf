# SPDX-License-Identifier: Apache-2.0
"""Package metadata: one file for colcon and pip."""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "unet_perception"
BUILT_IN = runpy.run_path(f"{PACKAGE}/plugs/built_in.py")["BUILT_IN"]
SHARE = f"share/{PACKAGE}"

ROS_WHEELS = [
    "ros-rclpy==9.1.2",
    "ros-rmw-fastrtps-cpp==9.3.3",
    "ros-common-interfaces==5.5.1",
]
JAZZY_WHEELS = [
    "ros-rclpy==7.1.6",
    "ros-rmw-fastrtps-cpp==8.4.3",
    "ros-common-interfaces==5.3.6",
]
CPU = ["openvino>=2025.0"]
TRAIN = ["torch>=2.4", "onnx>=1.16", "h5py>=3.10", "kornia>=0.7.3", "safetensors>=0.4.3"]
# Its wheels are for x86-64 and Python 3.10 to 3.12 alone.
CARLA = ["carla==0.9.16; python_version < '3.13' and platform_machine == 'x86_64'", "isal>=1.6"]
# The libraries weigh 3.7 GB and come from NVIDIA's own index while pip builds this package.
TENSORRT = ["torch>=2.4", "onnx>=1.16", "tensorrt>=10.13,<12,!=11.2.*,!=11.3.*"]
# Reads and writes rosbag2 folders and MCAP files without ROS.
BAGS = ["rosbags>=0.11"]
TENSORBOARD = ["tensorboard>=2.16"]
INT8 = ["openvino>=2025.0", "nncf>=2.14", "torch>=2.4", "onnx>=1.16"]
BENCH = ["torch>=2.4", "onnx>=1.16", "openvino>=2025.0", "onnxruntime>=1.18", "matplotlib>=3.8"]
# TensorRT's parser and builder in a form that needs no GPU; its wheels are for x86-64 alone.
TENSORRT_RTX = ["tensorrt-rtx-cu13==1.7.1.116; platform_machine == 'x86_64'"]
# The site of make docs; its API pages are read from the sources, nothing is imported.
DOCS = ["mkdocs-material>=9.6,<10", "mkdocstrings[python]>=0.30"]
# What make lock, audit and dist run.
# Not cyclonedx-bom: its lark would overwrite the one that ROS brings.
RELEASE = [
    *("build>=1.2", "cyclonedx-python-lib>=11", "jsonschema>=4.18"),
    *("license-expression>=30", "packaging>=24", "pip-audit>=2.10", "uv>=0.9"),
]
# Fuzzing by coverage; its wheels are for x86-64 and Python 3.11 to 3.13.
FUZZ = ["atheris>=3.0; python_version >= '3.11' and platform_machine == 'x86_64'"]
DEV = [
    "pytest==7.4.4",
    "pytest-xdist>=3.6",
    "tox>=4.30",
    "hypothesis>=6.100",
    "ruff>=0.15",
    "mypy>=1.15",
    "types-PyYAML",
    "colcon-common-extensions>=0.3",
    "torchmetrics>=1.4",
    "playwright>=1.49",
    *BAGS,
    *DOCS,
    *INT8,
    *BENCH,
    *TENSORRT_RTX,
    *RELEASE,
]


def share_files(*patterns: str) -> list[tuple[str, list[str]]]:
    """Return the shipped files that match, grouped by their folder below share/."""
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        for path in sorted(Path().glob(pattern)):
            groups.setdefault(f"{SHARE}/{path.parent}", []).append(str(path))
    return list(groups.items())


setup(
    name=PACKAGE,
    version="0.1.0",
    description="Live semantic segmentation of CARLA's camera for ROS 2, and its training data",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    maintainer="unet_perception maintainers",
    maintainer_email="maintainers@example.org",
    python_requires=">=3.10",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={
        PACKAGE: [
            *("labels/*.yaml", "ros/transport/*.xml", "view/page/*", "py.typed"),
            *("dataset/*.html", "evaluation/*.html"),
        ]
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (SHARE, ["package.xml"]),
        # ros2 run and launch look for executables here; pip puts console scripts in bin/.
        (
            f"lib/{PACKAGE}",
            [
                "scripts/perception",
                "scripts/camera_source",
                "scripts/carla_bridge",
                "scripts/carla_perception",
                "scripts/record_dataset",
                "scripts/live_view",
            ],
        ),
        *share_files("config/*", "launch/*.launch.py", "models/*/*"),
    ],
    zip_safe=False,
    install_requires=[
        "numpy>=1.26",
        "opencv-python-headless>=4.8,<5",
        "PyYAML>=6",
        "Jinja2>=3.1",
        "rich>=13",
        "msgpack>=1.0.5",
        "aiohttp>=3.9,<4",
    ],
    extras_require={
        "ros": ROS_WHEELS,
        "ros-jazzy": JAZZY_WHEELS,
        "cpu": CPU,
        "train": TRAIN,
        "tensorboard": TENSORBOARD,
        "bags": BAGS,
        "tensorrt": TENSORRT,
        "int8": INT8,
        "bench": BENCH,
        "carla": CARLA,
        "docs": DOCS,
        "fuzz": FUZZ,
        "dev": DEV,
        # What colcon test looks for.
        "test": ["pytest"],
    },
    entry_points={
        "console_scripts": [
            "unet-perception = unet_perception.cli.main:main",
            "perception = unet_perception.nodes.main:perception",
            "camera_source = unet_perception.nodes.main:camera_source",
            "carla_bridge = unet_perception.nodes.main:carla_bridge",
            "carla_perception = unet_perception.nodes.main:carla_perception",
            "record_dataset = unet_perception.cli.record_dataset:record_dataset",
            "live_view = unet_perception.nodes.main:live_view",
        ],
        **{
            group: [f"{name} = {where}" for name, where in plugs.items()]
            for group, plugs in BUILT_IN.items()
        },
    },
)
