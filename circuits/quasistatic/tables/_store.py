# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured tables on disk, each in a file of the user's cache that is named after its digest."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdk import CacheError
from pdk._cache import cache_directory, workspace


class Samples(NamedTuple):
    """The measured numbers of a `DeviceTable`."""

    current: NDArray[np.float64]
    conductance: NDArray[np.float64]
    residue: NDArray[np.float64]
    charge: NDArray[np.float64]
    drain_charge: NDArray[np.float64]


def load(digest: str) -> Samples | None:
    """The samples under that digest; None if there are none that can be read."""
    try:
        with np.load(_path(digest), allow_pickle=False) as file:
            return Samples(**{name: file[name] for name in Samples._fields})
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def save(digest: str, samples: Samples) -> None:
    """Puts the samples into the cache in one step, so that nobody reads half of them."""
    path = _path(digest)
    with workspace(path.parent) as scratch:
        try:
            np.savez_compressed(scratch / path.name, allow_pickle=False, **samples._asdict())
            (scratch / path.name).replace(path)
        except OSError as error:
            msg = f"Cannot write the device table {path}: {error.strerror}; free or move the cache."
            raise CacheError(msg) from error


def _path(digest: str) -> Path:
    return cache_directory() / "tables" / f"{digest}.npz"
