# SPDX-License-Identifier: Apache-2.0
"""GPU engines without what they need: one clear line from a process that ends in good order."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from unet_perception.engines.cuda_device import driver_version, is_out_of_memory, runs_on
from unet_perception.engines.tensorrt_library import check_version, tensorrt_library
from unet_perception.errors import EngineError

ROOT = Path(__file__).parents[2]
OPEN = """
from unet_perception.engines import open_engine
from unet_perception.errors import EngineError
from unet_perception.model.bundle import load_bundle
try:
    engine = open_engine(load_bundle({model!r}), {engine!r}, {precision!r})
except EngineError as error:
    print("REFUSED", error)
else:
    print("OPENED", engine.info)
"""


def no_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return True
    return False


without_driver = pytest.mark.skipif(not no_driver(), reason="there is an NVIDIA driver here")


def run(code: str, *paths: Path, **environment: str) -> str:
    """Run code in a process of its own, which must end well, and return its last line."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [*paths, ROOT])),
            **environment,
        },
    )
    assert result.returncode == 0, (result.returncode, result.stderr)
    assert "Traceback" not in result.stderr
    return result.stdout.strip().splitlines()[-1]


def opened(engine: str, precision: str = "auto", *paths: Path) -> str:
    model = str(ROOT / "models" / "carla_unet")
    return run(OPEN.format(model=model, engine=engine, precision=precision), *paths)


@without_driver
@pytest.mark.parametrize("engine", ["tensorrt", "cuda"])
def test_without_a_driver(engine: str) -> None:
    line = opened(engine)
    assert line.startswith(f"REFUSED engine {engine} cannot run: no NVIDIA driver is installed")
    assert "engine openvino needs no GPU" in line


@without_driver
@pytest.mark.skipif(not find_spec("openvino"), reason="OpenVINO is not installed")
def test_auto_says_what_it_passed_over() -> None:
    line = opened("auto", "fp32")
    assert line.startswith("OPENED")
    assert "chosen by auto; not tensorrt or cuda: no NVIDIA driver" in line


@without_driver
def test_a_precision_that_only_a_gpu_has() -> None:
    line = opened("auto", "fp16")
    assert line.startswith("REFUSED no engine can run this: not tensorrt or cuda: no NVIDIA driver")
    assert "it has no fp16" in line


@pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")
def test_pytorch_without_cuda() -> None:
    line = run("""
import torch
from unet_perception.engines.cuda_device import check_torch
try:
    check_torch()
except Exception as error:
    print(type(error).__name__, error)
else:
    print("CUDA", torch.version.cuda)
""")
    import torch

    if torch.version.cuda is None:
        assert line.startswith(f"EngineError PyTorch {torch.__version__} is built without CUDA")
    else:
        assert line == f"CUDA {torch.version.cuda}"


def test_no_pytorch() -> None:
    line = run("""
import sys
sys.modules["torch"] = None
from unet_perception.engines.cuda_device import check_torch
try:
    check_torch()
except Exception as error:
    print(type(error).__name__, error)
""")
    assert line.startswith("EngineError PyTorch, which holds the GPU's buffers, is not installed")


LIBRARY = """
from unet_perception.engines.tensorrt_library import tensorrt_library
try:
    print("FOUND", tensorrt_library().__version__)
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(find_spec("tensorrt") is not None, reason="TensorRT is installed")
def test_no_tensorrt() -> None:
    line = run(LIBRARY)
    assert line.startswith("EngineError TensorRT is not installed: pip install")
    assert "engine cuda runs without it" in line


def package(folder: Path, code: str) -> Path:
    (folder / "tensorrt").mkdir()
    (folder / "tensorrt" / "__init__.py").write_text(code)
    return folder


def test_tensorrt_without_its_libraries(tmp_path: Path) -> None:
    # As the bindings' package does it: it loads the libraries when it is imported.
    code = "import ctypes\nctypes.CDLL('libnvinfer_of_no_release.so.10')\n"
    line = run(LIBRARY, package(tmp_path, code))
    assert line.startswith("EngineError TensorRT's Python package is there, but cannot be loaded")
    assert "libnvinfer_of_no_release.so.10" in line


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("10.3.0.26", "not supported, 10.13 to 11 are"),
        ("12.0.0.1", "not supported"),
        ("11.2.1.2", "issue 4841"),
        ("", "cannot be read"),
    ],
)
def test_unsuitable_releases(tmp_path: Path, version: str, told: str) -> None:
    assert told in run(LIBRARY, package(tmp_path, f"__version__ = {version!r}\n"))


@pytest.mark.parametrize("version", ["10.13.0.35", "10.16.1.11", "11.0.0.1", "11.4.0.106"])
def test_suitable_releases(version: str) -> None:
    check_version(version)


def test_another_module_is_taken_by_name() -> None:
    with pytest.raises(EngineError, match="not installed"):
        tensorrt_library("tensorrt_of_nobody")


@pytest.mark.parametrize(
    ("code", "capability", "runs"),
    [
        ("sm_80", (8, 0), True),
        ("sm_80", (8, 7), True),
        ("sm_86", (8, 0), False),
        ("sm_90", (8, 9), False),
        ("sm_90a", (9, 0), True),
        ("sm_100f", (10, 3), True),
        ("compute_90", (12, 0), True),
        ("compute_120", (9, 0), False),
        ("gfx90a", (9, 0), False),
    ],
)
def test_which_code_runs_on_which_gpu(code: str, capability: tuple[int, int], runs: bool) -> None:
    assert runs_on(code, capability) is runs


def test_the_drivers_version_as_the_kernel_tells_it(tmp_path: Path) -> None:
    file = tmp_path / "version"
    file.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"
        "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"
    )
    assert driver_version(file) == "580.65.06"


@without_driver
def test_without_a_driver_its_version_is_unknown(tmp_path: Path) -> None:
    assert driver_version(tmp_path / "none") == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "Error Code 2: OutOfMemory (Requested size was 1 bytes.)",
        "CUDA_ERROR_OUT_OF_MEMORY",
    ],
)
def test_a_full_gpu_is_recognised(text: str) -> None:
    assert is_out_of_memory(text)
    assert not is_out_of_memory("Version tag does not match")
