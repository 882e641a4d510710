# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts and simulators of installed packages: entry points, found by name and never by path.

A study file can only name what its reader has installed, and whoever installs a package allows its code
to run. Nothing is imported before a file names it.
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
    """As `installed`, kept until `path` changes: reading the list of packages takes a tenth of a second."""
    del path
    return {point.name: point for point in entry_points(group=group)}


def _changed(directory: str) -> int:
    """Time of the last change of a directory, ns; 0 where it does not exist."""
    try:
        return os.stat(directory or ".").st_mtime_ns  # noqa: PTH116 - a path takes five times as long
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Package and source file of a registry's entry.

    - `package`, `version`: of the package; empty where they are not known.
    - `sha256`: of the source file that defines it; empty where there is none.
    """

    package: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}".strip() or "a package without a name"


def origin(registry: Mapping[str, Any], name: str) -> Origin | None:
    """Returns package and source file of a registry's entry; None for this program's own.

    **Raises:** `KeyError` and `PluginError`, as `registry[name]`.
    """
    return registry.origin(name) if isinstance(registry, Registry) else None


class Registry(Mapping[str, _Thing]):
    """Classes by name: this program's own, and those of installed packages.

    A package cannot replace one of this program's own.

    **Arguments:**

    - `own`: those of this program.
    - `group`: group of the entry points.
    - `check`: takes a name and what was imported, and returns that; raises `ValueError` or `TypeError` with the
      reason where it is unsuitable.
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
        """The entries of this program, by name."""
        return MappingProxyType(self._own)

    def __getitem__(self, name: str) -> _Thing:
        """The entry of a name; that of a package is imported here.

        **Raises:** `KeyError` where there is none; `PluginError` where it cannot be imported or is unsuitable.
        """
        if name in self._own:
            return self._own[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(installed(self._group)[name])
        return self._loaded[name]

    def origin(self, name: str) -> Origin | None:
        """Returns package and source file of an entry; None for this program's own."""
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
