# SPDX-License-Identifier: Apache-2.0
"""What a fuzz target is, and what must hold for any input of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from unet_perception.errors import UnetPerceptionError

FINDINGS = Path(__file__).parent / "findings"
LONGEST_MESSAGE = 16384
"""Characters of an error's text: it goes into logs, at the rate at which somebody sends."""


@dataclass(frozen=True)
class Target:
    """One parser.

    Attributes:
        name: Its file in this folder, and its own name, with a dot between them.
        parse: Gives it any bytes.
        seeds: Returns good inputs, which others are made from.
        raises: What it declares to raise.
        inputs: How many a long run gives it.
        max_bytes: Longest input.
        needs: Packages without which there is no such parser.
        form: ``json`` or ``msgpack`` where inputs are such documents, so that others are made
            that are whole documents as well.
    """

    name: str
    parse: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    raises: tuple[type[Exception], ...] = (UnetPerceptionError,)
    inputs: int = 50_000
    max_bytes: int = 4096
    needs: tuple[str, ...] = ()
    form: str = ""

    @property
    def missing(self) -> str:
        """A package that is not installed here, or nothing."""
        return next((name for name in self.needs if find_spec(name) is None), "")

    @property
    def findings(self) -> list[Path]:
        """Inputs that have broken it before."""
        folder = FINDINGS / self.name
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def check(self, data: bytes) -> None:
        """Give the parser an input; whatever it raises beside what it declares comes through."""
        try:
            self.parse(data)
        except self.raises as error:
            text = str(error)
            # It must be possible to print it, and to log it.
            text.encode("utf-8")
            if len(text) > LONGEST_MESSAGE:
                raise AssertionError(f"an error's text has {len(text)} characters") from error
