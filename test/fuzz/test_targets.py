# SPDX-License-Identifier: Apache-2.0
"""No bytes make a parser raise what it does not declare, run for long, or take much memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from fuzz.mutate import mutate
from fuzz.target import Target
from fuzz.targets import all_targets

TARGETS = all_targets()
SLOW = ("models.onnx_engine", "models.int8_engine", "models.keras")
MEMORY_BYTES = 2 << 30
LONGEST_S = 60.0
"""For one input, on a machine that may be starved; none takes a second."""

KEPT = [(target, path) for target in TARGETS for path in target.findings]


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """A gigabyte or two beside what is there already; what asks for more gets an error."""
    status = Path("/proc/self/status").read_text().splitlines()
    there = next(int(line.split()[1]) for line in status if line.startswith("VmSize:")) << 10
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (there + MEMORY_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def need(target: Target) -> None:
    if target.missing:
        pytest.skip(f"{target.missing} is not installed")


def check(target: Target, data: bytes) -> None:
    began = time.monotonic()
    target.check(data)
    assert time.monotonic() - began < LONGEST_S


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_input_is_read(target: Target) -> None:
    need(target)
    refused = 0
    seeds = target.seeds()
    for seed in seeds:
        try:
            target.parse(seed)
        except target.raises:
            refused += 1
    # A target that refuses everything would look into nothing.
    assert refused < len(seeds)


@pytest.mark.parametrize(
    ("target", "path"), KEPT, ids=[f"{target.name}-{path.name}" for target, path in KEPT]
)
def test_what_has_broken_it_does_so_no_more(target: Target, path: Path) -> None:
    need(target)
    check(target, path.read_bytes())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_any_input(target: Target) -> None:
    need(target)
    seeds = [*target.seeds(), *(path.read_bytes() for path in target.findings)]

    @settings(
        max_examples=15 if target.name in SLOW else 60,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.sampled_from(seeds), number=st.integers(0, 2**32 - 1))
    def give(seed: bytes, number: int) -> None:
        data = mutate(seed, target.form, Random(number))[: target.max_bytes]
        note(data.hex())
        check(target, data)

    give()


def test_every_finding_belongs_to_a_target() -> None:
    folder = Path(__file__).parents[2] / "fuzz" / "findings"
    names = {target.name for target in TARGETS}
    assert {path.name for path in folder.iterdir()} <= names
    assert KEPT


def test_what_a_target_does_not_declare_comes_through() -> None:
    def parse(data: bytes) -> Any:
        return {}[data]

    with pytest.raises(KeyError):
        Target("images.none", parse, lambda: [b""]).check(b"x")
