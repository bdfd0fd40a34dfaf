# SPDX-License-Identifier: Apache-2.0
"""The process of one target: libFuzzer, by coverage of this package's Python; for ``run.py``."""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import json
import logging
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import Any

import atheris

with atheris.instrument_imports(include=["unet_perception"]):
    from fuzz.targets import find_target
from fuzz.mutate import mutate_document

TELL_EVERY = 500
KIB, MIB = 1 << 10, 1 << 20


class Worker:
    """Gives a target inputs, keeps those that break it and goes on."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Import what the target needs, and set the limits."""
        self.options = options
        self.seeds: list[bytes] = []
        with atheris.instrument_imports(include=["unet_perception"]):
            self.target = find_target(options.target)
            self.seeds = list(self.target.seeds())
            for seed in self.seeds:
                self.target.check(seed)
        self.count = 0
        self.base = _status("VmHWM")
        self.broken: dict[str, str] = {}
        self.began = time.monotonic()
        room = _status("VmSize") + options.memory * MIB
        resource.setrlimit(resource.RLIMIT_AS, (room, room))

    def take(self, data: bytes) -> None:
        """Take one input."""
        self.count += 1
        try:
            self.target.check(data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self._keep(data, error)
        if self.count % TELL_EVERY == 0 or self.count >= self.options.runs:
            self.tell()

    def change(self, data: bytes, most: int, seed: int) -> bytes:
        """Return another input."""
        random = Random(seed)
        if random.random() < 0.6:
            changed = mutate_document(data, self.target.form, random)
            if changed is not None and len(changed) <= most:
                return changed
        mutated: bytes = atheris.Mutate(data, most)
        return mutated

    def tell(self) -> None:
        """Write down what was done so far."""
        facts = {
            "target": self.target.name,
            "inputs": self.count,
            "seconds": round(time.monotonic() - self.began, 1),
            "base_mib": self.base // MIB,
            "peak_mib": _status("VmHWM") // MIB,
            "broken": self.broken,
        }
        Path(self.options.result).write_text(json.dumps(facts))

    def _keep(self, data: bytes, error: BaseException) -> None:
        # One input for each place in the package, and not one for each message.
        frames = traceback.extract_tb(error.__traceback__)
        ours = [
            f for f in frames if "unet_perception/" in f.filename and "/fuzz/" not in f.filename
        ]
        last = (ours or frames)[-1]
        place = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        if place in self.broken:
            return
        name = hashlib.sha256(data).hexdigest()[:16]
        (Path(self.options.artifacts) / name).write_bytes(data)
        self.broken[place] = f"{name}: {error!s:.300}"
        sys.stderr.write(f"BROKEN {self.target.name}: {place}: {error!s:.300}\n")
        self.tell()


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * KIB
    return 0


def main() -> None:
    """Run one target; see ``run.py``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", type=int, required=True, help="MiB beyond what imports take")
    parser.add_argument("--timeout", type=int, required=True, help="seconds for one input")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--artifacts", required=True)
    parser.add_argument("--result", required=True)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    faulthandler.enable()
    worker = Worker(options)
    corpus = Path(options.corpus)
    for number, data in enumerate(
        [*worker.seeds, *(f.read_bytes() for f in worker.target.findings)]
    ):
        (corpus / f"seed{number}").write_bytes(data)
    arguments = [
        sys.argv[0],
        f"-runs={options.runs}",
        f"-seed={options.seed}",
        f"-max_len={worker.target.max_bytes}",
        f"-timeout={options.timeout}",
        f"-rss_limit_mb={worker.base // MIB + options.memory}",
        f"-artifact_prefix={options.artifacts}{os.sep}",
        "-verbosity=0",
        "-len_control=0",
        options.corpus,
    ]
    mutators: dict[str, Any] = {"custom_mutator": worker.change} if worker.target.form else {}
    atheris.Setup(arguments, worker.take, **mutators)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
