# SPDX-License-Identifier: Apache-2.0
"""Where the camera of transport.py runs: beside the reader, in a container, or on another host.

    python benchmarks/transport_places.py PLACE HOST SCRIPT...

Everything is made of Linux namespaces, which need no rights and vanish with the benchmark: a
network of its own, so that nothing gets out; a second one behind a cable of 1 Gbit/s for the other
host; a ``/dev/shm`` of its own for the container, which shares the host's network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BESIDE, CONTAINER, HOST = "same host", "container", "other host"

INSIDE = "UNET_PERCEPTION_TRANSPORT_INSIDE"
"""Set in the environment of the benchmark once it runs in namespaces of its own."""

OWN_SHARED_MEMORY = "mount -t tmpfs tmpfs /dev/shm"
CABLE = """
ip link set lo up
ip link add cable-a type veth peer name cable-b
ip link set cable-b netns {host}
ip address add 10.20.30.1/24 dev cable-a
ip link set cable-a up
tc qdisc add dev cable-a root tbf rate {rate} burst 256kb latency 50ms
nsenter --target {host} --net ip link set lo up
nsenter --target {host} --net ip address add 10.20.30.2/24 dev cable-b
nsenter --target {host} --net ip link set cable-b up
nsenter --target {host} --net tc qdisc add dev cable-b root tbf rate {rate} burst 256kb latency 50ms
"""
LINK_UP_S = 3.0
"""IPv6 wants to know first that nobody else has its addresses."""


def enter(script: str, arguments: list[str]) -> None:
    """Start a script again in namespaces of its own, unless it is there already."""
    if INSIDE in os.environ:
        return
    os.environ[INSIDE] = "1"
    shell = f'{OWN_SHARED_MEMORY} && exec "$@"'
    namespaces = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    python = [sys.executable, script, *arguments]
    os.execvp("unshare", [*namespaces, "sh", "-c", shell, "sh", *python])


@contextmanager
def other_host(rate: str) -> Iterator[int]:
    """Keep another host at the end of a cable; gives the process that holds its network.

    Args:
        rate: The cable's, as ``tc`` takes it.
    """
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    try:
        time.sleep(0.5)
        script = CABLE.format(host=holder.pid, rate=rate)
        subprocess.run(["sh", "-ec", script], check=True)
        time.sleep(LINK_UP_S)
        yield holder.pid
    finally:
        holder.kill()
        holder.wait()


def main(place: str, host: str, command: list[str]) -> None:
    """Become a script at a place; the process stays the same."""
    python = [sys.executable, *command]
    if place == HOST:
        # Another host has shared memory of its own, too.
        shell = f'{OWN_SHARED_MEMORY} && exec "$@"'
        enter_net = ["nsenter", "--target", host, "--net", "unshare", "--mount"]
        os.execvp("nsenter", [*enter_net, "sh", "-c", shell, "sh", *python])
    if place == CONTAINER:
        shell = f'{OWN_SHARED_MEMORY} && exec "$@"'
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", shell, "sh", *python])
    os.execv(sys.executable, python)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
