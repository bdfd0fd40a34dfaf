# SPDX-License-Identifier: Apache-2.0
"""What a node's process needs before rclpy is imported: signals, transport, memory."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})

PROFILE = Path(__file__).with_name("fastdds.xml")
PROFILE_VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"
OLD_PROFILE_VARIABLE = "FASTRTPS_DEFAULT_PROFILES_FILE"
OLD_DISTRIBUTIONS = ("humble", "iron", "jazzy")
"""They have Fast DDS 2, which reads the old name alone; newer ones warn of it."""

OLD_WHEEL = "ros-fastrtps"
"""The same where ROS is of wheels, and no ``ROS_DISTRO`` set."""

MEBIBYTE = 1 << 20
MALLOC_OPTIONS = {
    -3: 32 * MEBIBYTE,  # M_MMAP_THRESHOLD
    -1: 512 * MEBIBYTE,  # M_TRIM_THRESHOLD
    -2: 64 * MEBIBYTE,  # M_TOP_PAD
    -8: 1,  # M_ARENA_MAX
}
"""Parameters of ``mallopt(3)``. By default glibc maps and unmaps every frame-sized buffer,
and each message pays for the page faults: 4.2 ms instead of 1.4 ms."""


def prepare() -> None:
    """Set up the process; call it first, on the main thread, before any thread starts."""
    block_stop_signals()
    use_shipped_profile()
    tune_malloc()


def block_stop_signals() -> None:
    """Keep SIGINT and SIGTERM pending until ``wait_for_stop``, in every thread.

    So a signal that arrives during start-up, or a second one during shutdown, can neither
    kill the process nor raise in the middle of something.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def stop_is_pending() -> bool:
    """Return whether the process was asked to stop."""
    return bool(signal.sigpending() & STOP_SIGNALS)


def wait_for_stop() -> None:
    """Block until the process is asked to stop."""
    signal.sigwait(STOP_SIGNALS)


def ask_to_stop() -> None:
    """Wake ``wait_for_stop``, from any thread."""
    os.kill(os.getpid(), signal.SIGTERM)


def use_shipped_profile() -> None:
    """Let Fast DDS carry whole camera frames, unless the user chose a profile."""
    os.environ.update(shipped_profile(os.environ))


def shipped_profile(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that chooses the shipped profile; none where the user chose one."""
    if OLD_PROFILE_VARIABLE in environment:
        return {}
    variable = profile_variable(environment)
    if variable in environment:
        return {}
    return {variable: environment.get(PROFILE_VARIABLE, str(PROFILE))}


def profile_variable(environment: Mapping[str, str]) -> str:
    """Return the name of the variable in which this Fast DDS looks for its profile."""
    from importlib.metadata import PackageNotFoundError, distribution

    if "ROS_DISTRO" in environment:
        old = environment["ROS_DISTRO"] in OLD_DISTRIBUTIONS
    else:
        try:
            old = bool(distribution(OLD_WHEEL))
        except PackageNotFoundError:
            old = False
    return OLD_PROFILE_VARIABLE if old else PROFILE_VARIABLE


def tune_malloc() -> None:
    """Let glibc reuse frame-sized buffers; other C libraries have no such setting."""
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in MALLOC_OPTIONS.items():
            mallopt(option, value)
