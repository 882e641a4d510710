# SPDX-License-Identifier: GPL-3.0-or-later
"""What installed packages add: entry points, found by the name that a file gives, never by path.

A file can only name what its reader has installed; installing a package is what says that its code may
run here. Nothing is imported before a file names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from circuits._errors import PluginError

_Thing = TypeVar("_Thing")


def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name; nothing is imported."""
    return {point.name: point for point in entry_points(group=group)}


class Registry(Mapping[str, _Thing]):
    """Things by name: this program's own, and those of installed packages.

    A package cannot replace one of this program's own.

    **Arguments:**

    - `own`: those of this program.
    - `group`: of the entry points.
    - `check`: refuses what is none, with the reason as `ValueError` or `TypeError`.
    """

    def __init__(
        self, own: Mapping[str, _Thing], group: str, check: Callable[[str, Any], _Thing]
    ) -> None:
        self._own = dict(own)
        self._group = group
        self._check = check
        self._loaded: dict[str, _Thing] = {}

    def __getitem__(self, name: str) -> _Thing:
        """The thing of a name; a package's is imported here.

        **Raises:** `KeyError` where there is none; `PluginError` for one that is not what it must be.
        """
        if name in self._own:
            return self._own[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(installed(self._group)[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in sorted(installed(self._group)) if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in installed(self._group)

    def _load(self, point: EntryPoint) -> _Thing:
        where = f"{point.name} = {point.value} (entry point {self._group}"
        where += f" of {point.dist.name} {point.dist.version})" if point.dist else ")"
        try:
            found = point.load()
        except Exception as error:
            msg = f"{where} cannot be imported: {type(error).__name__}: {error}"
            raise PluginError(msg) from error
        try:
            return self._check(point.name, found)
        except (TypeError, ValueError) as error:
            msg = f"{where}: {error}"
            raise PluginError(msg) from error
