# SPDX-License-Identifier: Apache-2.0
"""The entry points of one group: listed without an import, loaded one by one when asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from unet_perception.errors import UnetPerceptionError
from unet_perception.plugs.built_in import BUILT_IN

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Kind = TypeVar("Kind")

OWN = "unet_perception"


class PlugPoint(Generic[Kind]):
    """What can be plugged in under one group of entry points.

    Built-in names are answered from a table. Only a name that is not among them, or the wish to
    see all names, costs a look at the metadata of all that is installed.
    """

    def __init__(self, group: str, kind: type[Kind], error: type[UnetPerceptionError]) -> None:
        """Look at nothing yet.

        Args:
            group: Group of the entry points, one of ``BUILT_IN``.
            kind: What an entry point must name an instance of.
            error: What ``load`` raises.
        """
        self._group, self._kind, self._error = group, kind, error
        self._loaded: dict[str, Kind] = {}
        self.built_in = tuple(BUILT_IN[group])

    def __contains__(self, name: str) -> bool:
        """Return whether there is something of this name."""
        return name in self.built_in or name in self._added

    @property
    def names(self) -> tuple[str, ...]:
        """All names: the built-in ones in their order, then the others by the alphabet."""
        return (*self.built_in, *(name for name in self._added if name not in self.built_in))

    def load(self, name: str) -> Kind:
        """Import what has a name.

        Raises:
            UnetPerceptionError: It cannot be imported, is of another kind, or two packages want
                the name; one line says which package and why. Of the class that was given.
        """
        if name not in self._loaded:
            self._loaded[name] = self._import(name)
        return self._loaded[name]

    def origin(self, name: str) -> str:
        """Return the package that brings it, and its version."""
        if name in self.built_in:
            return OWN
        return " and ".join(_package(entry) for entry in self._added[name])

    def clashes(self) -> dict[str, str]:
        """Return the built-in names that other packages want in vain, and which these are."""
        return {
            name: " and ".join(_package(entry) for entry in entries)
            for name, entries in self._added.items()
            if name in self.built_in
        }

    def _import(self, name: str) -> Kind:
        from importlib.metadata import EntryPoint

        if name in self.built_in:
            entry = EntryPoint(name, BUILT_IN[self._group][name], self._group)
        else:
            entry, *others = self._added[name]
            if others:
                raise self._error(
                    f"{self.origin(name)} both bring a {name}: only one of them can be installed"
                )
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:  # whatever somebody's module does
            words = " ".join(f"{type(error).__name__}: {error}".split())
            raise self._error(f"{self.origin(name)} cannot be imported: {words}") from error
        if not isinstance(found, self._kind):
            raise self._error(
                f"{self.origin(name)} has no {self._kind.__name__} at {entry.value}: it is of "
                f"type {type(found).__name__}"
            )
        return found

    @cached_property
    def _added(self) -> dict[str, list[EntryPoint]]:
        """What other packages bring, by name."""
        # Here: this import and the look take longer than all else that this file does.
        from importlib.metadata import entry_points

        added: dict[str, list[EntryPoint]] = {}
        for entry in sorted(entry_points(group=self._group), key=lambda entry: entry.name):
            if entry.dist is None or entry.dist.name.replace("-", "_") != OWN:
                added.setdefault(entry.name, []).append(entry)
        return added


def _package(entry: EntryPoint) -> str:
    return f"package {entry.dist.name} {entry.dist.version}" if entry.dist else "a package"
