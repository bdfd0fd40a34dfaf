# SPDX-License-Identifier: Apache-2.0
"""The GPU: whether there is one that can be used, and what it is.

Asked before anything of TensorRT is made: its runtime does not raise without a GPU, it ends
the process with a segmentation fault.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from unet_perception.errors import EngineError

DRIVER_FILE = Path("/proc/driver/nvidia/version")
DRIVER_LIBRARY = "libcuda.so.1"
CUDA_ERROR_NO_DEVICE = 100
CPU_WAY = "engine openvino needs no GPU"


@dataclass(frozen=True)
class CudaDevice:
    """The first CUDA device.

    Attributes:
        name: As the driver names it.
        capability: Compute capability, such as ``8.9``.
        driver: Version of the driver.
    """

    name: str
    capability: str
    driver: str


def cuda_device() -> CudaDevice:
    """Return the first CUDA device.

    Raises:
        EngineError: There is none that PyTorch can use; one line says why and what to do.
    """
    check_driver()
    check_torch()
    import torch

    if not torch.cuda.is_available():
        raise EngineError(f"no GPU can be used: {_why_not()}; {CPU_WAY}")
    try:
        major, minor = torch.cuda.get_device_capability(0)
        name = torch.cuda.get_device_name(0)
    except RuntimeError as error:
        raise EngineError(f"the GPU does not answer: {first_line(error)}") from error
    codes = torch.cuda.get_arch_list()
    if not any(runs_on(code, (major, minor)) for code in codes):
        raise EngineError(
            f"PyTorch {torch.__version__} has no code for {name} (compute capability "
            f"{major}.{minor}), only for {', '.join(codes)}: install another build; {CPU_WAY}"
        )
    return CudaDevice(name, f"{major}.{minor}", driver_version())


def check_driver() -> None:
    """Refuse a machine without an NVIDIA driver or GPU, before PyTorch is imported to ask.

    Raises:
        EngineError: There is no driver, or it has no GPU.
    """
    try:
        driver = ctypes.CDLL(DRIVER_LIBRARY)
    except OSError as error:
        raise EngineError(
            f"no NVIDIA driver is installed ({DRIVER_LIBRARY} is not found): install it, or, in a "
            f"container, start that with --gpus all; {CPU_WAY}"
        ) from error
    code = int(driver.cuInit(0))
    count = ctypes.c_int()
    if code == 0:
        code = int(driver.cuDeviceGetCount(ctypes.byref(count)))
    if code not in (0, CUDA_ERROR_NO_DEVICE):
        text = ctypes.c_char_p()
        driver.cuGetErrorString(code, ctypes.byref(text))
        words = (text.value or b"unknown").decode(errors="replace")
        raise EngineError(f"the NVIDIA driver answers with error {code}, {words}; {CPU_WAY}")
    if count.value == 0:
        raise EngineError(
            "the NVIDIA driver has no GPU for this process (is CUDA_VISIBLE_DEVICES set, or the "
            f"container started without it?); {CPU_WAY}"
        )


def check_torch() -> None:
    """Refuse to go on without a PyTorch that has CUDA.

    Raises:
        EngineError: PyTorch is not installed, or is built for the processor alone.
    """
    if not find_spec("torch"):
        raise EngineError(
            "PyTorch, which holds the GPU's buffers, is not installed: pip install torch "
            f"(or the extra unet_perception[train]); {CPU_WAY}"
        )
    import torch

    if torch.version.cuda is None:
        raise EngineError(
            f"PyTorch {torch.__version__} is built without CUDA: install a build with it "
            f"(pytorch.org, Get Started); {CPU_WAY}"
        )


def driver_version(file: Path = DRIVER_FILE) -> str:
    """Return the version of the NVIDIA driver; ``unknown`` where nothing tells it."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    if match := re.search(r"\b(\d{3,}\.\d+(?:\.\d+)?)\b", text):
        return match[1]
    # Jetsons and WSL have no such file: the version of the driver's CUDA interface, then.
    try:
        library = ctypes.CDLL(DRIVER_LIBRARY)
    except OSError:
        return "unknown"
    number = ctypes.c_int()
    if library.cuDriverGetVersion(ctypes.byref(number)) != 0:
        return "unknown"
    return f"CUDA {number.value // 1000}.{number.value % 1000 // 10}"


def first_line(error: object) -> str:
    """Return the first line of a message: CUDA's have a page of advice below it."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def is_out_of_memory(error: object) -> bool:
    """Return whether a message says that the GPU's memory is used up."""
    text = str(error).lower()
    return "out of memory" in text or "outofmemory" in text or "out_of_memory" in text


def _why_not() -> str:
    import torch

    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return first_line(error).rstrip(".")
    return "PyTorch sees none (is CUDA_VISIBLE_DEVICES empty?)"


def runs_on(code: str, capability: tuple[int, int]) -> bool:
    """Return whether compiled code runs on a GPU.

    Args:
        code: As PyTorch lists it: ``sm_80`` runs on 8.0 to 8.9, ``sm_90a`` on 9.0 alone, and
            ``compute_80`` is compiled by the driver for all from 8.0 on.
        capability: The GPU's compute capability.
    """
    match = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", code)
    if not match:
        return False
    known = int(match[2]), int(match[3])
    if match[4] == "a":
        return known == capability
    if match[1] == "compute":
        return known <= capability
    return known[0] == capability[0] and known <= capability
