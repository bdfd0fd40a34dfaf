# SPDX-License-Identifier: Apache-2.0
"""The long run: every target in a process of its own, with limits: ``python -m fuzz.run``.

Needs ``pip install atheris``. Ends with 1 where an input broke something; such inputs are kept
in ``build/fuzz/``, and belong into ``fuzz/findings/`` once what they broke is mended.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fuzz.target import Target
from fuzz.targets import all_targets

MEMORY_MIB = 1024
"""That a parser may take beyond what its imports do."""

TIMEOUT_S = 10
"""For one input; nothing takes a tenth of it on an idle core."""

STARTS = 5
OUT = Path("build/fuzz")


@dataclass
class Outcome:
    """What came of one target.

    Attributes:
        target: Its name.
        inputs: How many it took.
        corpus: Inputs that each reached something new.
        seconds: Wall clock.
        base_mib: Memory of the process before the first input.
        peak_mib: The most that it had.
        broken: What went wrong, each with its input.
    """

    target: str
    inputs: int = 0
    corpus: int = 0
    seconds: float = 0.0
    base_mib: int = 0
    peak_mib: int = 0
    broken: dict[str, str] = field(default_factory=dict)

    def row(self) -> str:
        """Return its row of the table."""
        speed = self.inputs / max(self.seconds, 1e-3)
        return (
            f"| `{self.target}` | {self.inputs:,} | {self.corpus} | {self.seconds:.0f} | "
            f"{speed:,.0f} | {self.base_mib} | {self.peak_mib} | {len(self.broken)} |"
        )


HEAD = (
    "| target | inputs | corpus | s | inputs/s | MiB at start | peak MiB | broken |\n"
    "|---|---|---|---|---|---|---|---|"
)


def run_target(target: Target, runs: int, seed: int, out: Path) -> Outcome:
    """Give a target so many inputs; a process that ended early is started again, a few times."""
    outcome = Outcome(target.name)
    artifacts = out / target.name
    artifacts.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        corpus, result = Path(scratch) / "corpus", Path(scratch) / "result.json"
        corpus.mkdir()
        for start in range(STARTS):
            result.unlink(missing_ok=True)
            command = [
                *(sys.executable, "-m", "fuzz.one", target.name),
                *("--runs", str(runs - outcome.inputs), "--seed", str(seed + start)),
                *("--memory", str(MEMORY_MIB), "--timeout", str(TIMEOUT_S)),
                *("--corpus", str(corpus), "--artifacts", str(artifacts), "--result", str(result)),
            ]
            with (artifacts / "log").open("ab") as log:
                ended = subprocess.run(command, stdout=log, stderr=log, check=False)
            if result.exists():
                facts = json.loads(result.read_text())
                outcome.inputs += facts["inputs"]
                outcome.base_mib = facts["base_mib"]
                outcome.peak_mib = max(outcome.peak_mib, facts["peak_mib"])
                outcome.broken.update(facts["broken"])
            if ended.returncode == 0:
                break
            outcome.broken[f"process ended with {ended.returncode}"] = str(artifacts / "log")
            if outcome.inputs >= runs:
                break
        outcome.corpus = sum(1 for _ in corpus.iterdir())
    outcome.seconds = time.monotonic() - began
    return outcome


def main() -> None:
    """Run targets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("targets", nargs="*", help="names, or the beginnings of them; else all")
    parser.add_argument("--inputs", type=int, default=0, help="for each; else as many as it says")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    os.environ["PYTHONHASHSEED"] = "0"
    outcomes: list[Outcome] = []
    print(HEAD, flush=True)
    for target in all_targets():
        if options.targets and not target.name.startswith(tuple(options.targets)):
            continue
        if target.missing:
            print(f"| `{target.name}` | {target.missing} is not installed |", flush=True)
            continue
        outcome = run_target(target, options.inputs or target.inputs, options.seed, options.out)
        print(outcome.row(), flush=True)
        outcomes.append(outcome)
        facts = [asdict(one) for one in outcomes]
        (options.out / "result.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{sum(one.inputs for one in outcomes):,} inputs")
    for one in outcomes:
        for what, which in one.broken.items():
            print(f"{one.target}: {what}: {which}")
    sys.exit(any(one.broken for one in outcomes))


if __name__ == "__main__":
    main()
