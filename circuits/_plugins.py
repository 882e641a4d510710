# SPDX-License-Identifier: GPL-3.0-or-later
"""What installed packages add: entry points, found by the name that a file gives, never by path.

A file can only name what its reader has installed; installing a package is what says that its code may
run here. Nothing is imported before a file names it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from circuits._errors import PluginError

_Thing = TypeVar("_Thing")


def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name; nothing is imported."""
    return _installed(group, tuple((entry, _changed(entry)) for entry in sys.path))


@lru_cache(maxsize=64)
def _installed(group: str, path: tuple[tuple[str, int], ...]) -> dict[str, EntryPoint]:
    """The same for a path of modules as it is now: reading what is installed takes a tenth of a second."""
    del path
    return {point.name: point for point in entry_points(group=group)}


def _changed(directory: str) -> int:
    """When something was put into a directory, or taken out of it; 0 where there is none."""
    try:
        return os.stat(directory or ".").st_mtime_ns  # noqa: PTH116 - a path takes five times as long
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a thing of an installed package comes from.

    - `package`, `version`: of the package; empty where nobody says.
    - `sha256`: of the source file that it is defined in; empty where there is none.
    """

    package: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}".strip() or "a package without a name"


def origin(registry: Mapping[str, Any], name: str) -> Origin | None:
    """Where a thing of a registry comes from; None for one of this program's own.

    **Raises:** as the registry, which imports it.
    """
    return registry.origin(name) if isinstance(registry, Registry) else None


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

    @property
    def own(self) -> Mapping[str, _Thing]:
        """Those of this program by name."""
        return MappingProxyType(self._own)

    def __getitem__(self, name: str) -> _Thing:
        """The thing of a name; a package's is imported here.

        **Raises:** `KeyError` where there is none; `PluginError` for one that is not what it must be.
        """
        if name in self._own:
            return self._own[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(installed(self._group)[name])
        return self._loaded[name]

    def origin(self, name: str) -> Origin | None:
        """Where a package's thing comes from; None for one of this program's own."""
        if name in self._own:
            return None
        point = installed(self._group)[name]
        thing = self[name]
        module = sys.modules.get(getattr(thing, "__module__", point.module))
        try:
            content = Path(str(getattr(module, "__file__", ""))).read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
        except (OSError, ValueError):
            sha256 = ""
        package, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
        return Origin(package, version, sha256)

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
