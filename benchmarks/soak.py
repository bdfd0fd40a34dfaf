# SPDX-License-Identifier: Apache-2.0
"""Hours with faults: does anything wrong ever come out, and does everything come back?

    python benchmarks/soak.py [--minutes 120] [--every 20] [--rate 10] [--seed 0] [--out FOLDER]

Playback server, bridge, perception and live page run as a user runs them. Every so many seconds a
fault is drawn: a process is ended, killed or stopped, has no file handles, is sent garbage, or the
processor is taken away. A watching process compares every mask, pixel by pixel, with the one that
its frame must give. What must hold, or the run ends with exit code 1:

- no frame, mask or truth differs from what its header's moment must give, and none comes twice;
- within ``RECOVERY_S`` after a fault, masks come and the page shows a right one;
- no process ends unless it is told to; told with SIGTERM it ends with exit code 0;
- a bridge that is told to end leaves the world as it found it, also after others were killed;
- at the end there is no process, no temporary file, no note about a session, and no more shared
  memory than one segment for each node that was killed, which the soak removes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from realtime_variants import HERE
from soak_faults import BRIDGE, PERCEPTION, PLAYBACK, Fault, all_faults
from soak_report import Event, Log, summary
from soak_scene import Scene
from soak_system import Broken, System

from unet_perception.bringup.stacks import VIEW
from unet_perception.demo.processes import ProcessDiedError, ProcessGroup, demo_environment

START_S = 120.0
RECOVERY_S = 120.0
LOOK_S = 0.2
SNAPSHOT_S = 10.0
MARK = "UNET_PERCEPTION_SOAK"
"""Variable by which the soak's processes are known, also those that lost their parent."""


class Soak:
    """A running system, the faults, and what must hold."""

    def __init__(self, system: System, scene: Scene, log: Log, chance: random.Random) -> None:
        """Break a system by chance."""
        self._system, self._scene, self._log, self._chance = system, scene, log, chance
        self._begin = time.monotonic()
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        """End before the next fault, and judge what there was."""
        self.stopping = True

    def run(self, seconds: float, every: float) -> None:
        """Inject faults for so long.

        Raises:
            Broken: Something did not hold.
            ProcessDiedError: A process ended by itself.
        """
        masks_s, page_s = self._recover(self._begin, START_S)
        self._log.say(f"masks after {masks_s:.1f} s, page after {page_s:.1f} s")
        faults: list[Fault] = []
        start = time.monotonic()
        due = start
        while (due := max(due + every, time.monotonic())) < start + seconds:
            self._wait_until(due)
            if self.stopping:
                break
            if not faults:  # Every fault once, in another order each time.
                faults = list(all_faults())
                self._chance.shuffle(faults)
            fault = faults.pop()
            at = time.monotonic() - start
            self._log.begin(at, str(fault))
            seen = fault.inject(self._system, self._chance)
            masks_s, page_s = self._recover(time.monotonic(), RECOVERY_S)
            self._log.add(Event(at, fault.name, fault.target, seen, masks_s, page_s))
            self._system.remove_segments()
        self._wait_until(start + seconds)
        self._log.say(f"{(time.monotonic() - start) / 60.0:.1f} minutes with faults")

    def end(self) -> None:
        """End everything in good order, the page first.

        Raises:
            Broken: Something did not end well.
        """
        for name in (VIEW, PERCEPTION, BRIDGE):
            self._system.end(name, signal.SIGTERM)
        self._system.check_world()
        self._system.end(PLAYBACK, signal.SIGTERM)

    def _recover(self, since: float, within: float) -> tuple[float, float]:
        masks = self._time_until(lambda: self._system.seen().get("last_right", 0.0) > since, within)
        if masks is None:
            raise Broken(f"no right mask within {within:g} s; {self._everybody()}")
        page = self._time_until(self._page_is_right, within)
        if page is None:
            raise Broken(f"no right mask on the page within {within:g} s; {self._everybody()}")
        return masks - since, page - since

    def _time_until(self, condition: Callable[[], bool], within: float) -> float | None:
        until = time.monotonic() + within
        while time.monotonic() < until:
            self._check()
            if condition():
                return time.monotonic()
            time.sleep(LOOK_S)
        return None

    def _page_is_right(self) -> bool:
        address = f"{self._system.page}snapshot/camera/mask.png"
        try:
            with urllib.request.urlopen(address, timeout=SNAPSHOT_S) as answer:
                data = answer.read()
        except OSError:
            return False
        mask = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
        if not any(np.array_equal(mask, right) for right in self._scene.masks):
            raise Broken("the page shows a mask of no frame")
        return True

    def _wait_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0 and not self.stopping:
            self._check()
            time.sleep(min(left, 1.0))

    def _check(self) -> None:
        self._system.check()
        broken = self._system.seen().get("broken", [])
        if broken:
            raise Broken("; ".join(broken[:5]))

    def _everybody(self) -> str:
        names = self._system.components
        return "; ".join(f"{name}: {self._system.words(name)}" for name in names)


def left_behind(environment: Mapping[str, str]) -> list[str]:
    """Return processes, temporary files and notes of sessions that are still there."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "environ").read_bytes().split(b"\0")
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue
        if f"{MARK}={environment[MARK]}".encode() in words and int(folder.name) != os.getpid():
            left.append(f"process {folder.name}: {command}")
    for variable in ("TMPDIR", "XDG_STATE_HOME"):
        left += [str(path) for path in Path(environment[variable]).rglob("*") if path.is_file()]
    return left


def prepare(folder: Path) -> dict[str, str]:
    """Write the scene, and return the environment of all processes."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **demo_environment(os.environ),
        MARK: str(os.getpid()),
        "TMPDIR": str(folder / "tmp"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    for variable in ("TMPDIR", "XDG_STATE_HOME"):
        Path(environment[variable]).mkdir(exist_ok=True)
    if not (folder / "masks.npy").exists():
        with ProcessGroup(folder, environment) as group:
            group.start("scene", [str(HERE / "soak_scene.py"), str(folder)], needed=False)
            if group.wait("scene"):
                raise Broken(f"no scene: {group.last_words('scene', 3)}")
    return environment


def main() -> int:
    """Run the soak; return 0 if everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument(
        "--every", type=float, default=20.0, metavar="S", help="between faults (20)"
    )
    parser.add_argument("--rate", type=float, default=10.0, help="camera frames a second (10)")
    parser.add_argument("--seed", type=int, default=0, help="draws the faults (0)")
    parser.add_argument("--out", type=Path, default=Path("soak_output"), help="logs (soak_output)")
    options = parser.parse_args()
    folder = options.out.resolve()
    environment = prepare(folder)
    log = Log(folder)
    log.say(f"{options.minutes:g} minutes, a fault every {options.every:g} s, seed {options.seed}")
    system = System(folder, options.rate, environment)
    try:
        with system:
            soak = Soak(system, Scene.load(folder), log, random.Random(options.seed))
            soak.run(options.minutes * 60.0, options.every)
            soak.end()
            seen = system.seen()
        if left := left_behind(environment):
            raise Broken("left behind: " + "; ".join(left))
        if system.removed > system.killed:
            raise Broken(f"{system.removed} segments left, by {system.killed} killed nodes")
    except (Broken, ProcessDiedError) as error:
        log.say(f"BROKEN: {error}")
        return 1
    log.say(log.table())
    for line in summary(seen, {n: c.most_mib for n, c in system.components.items()}):
        log.say(line)
    log.say(f"shared memory of {system.killed} killed nodes: {system.removed} segments, removed")
    log.say(f"nodes that Fast DDS had made deaf, and that began anew: {system.restarts}")
    log.say("everything held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
