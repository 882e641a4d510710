# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured tables on disk, each in a file of the user's cache that is named after its digest."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.run_cache import ARCHIVE_DAMAGE
from pdk import CacheError
from pdk._cache import keep, places


class Samples(NamedTuple):
    """The measured numbers of a `DeviceTable`."""

    current: NDArray[np.float64]
    conductance: NDArray[np.float64]
    residue: NDArray[np.float64]
    charge: NDArray[np.float64]
    drain_charge: NDArray[np.float64]


def load(digest: str) -> Samples | None:
    """The samples with a digest; None where there are none, or none that can be read."""
    for path in places(_name(digest)):
        with contextlib.suppress(*ARCHIVE_DAMAGE), np.load(path, allow_pickle=False) as file:
            return Samples(**{name: file[name] for name in Samples._fields})
    return None


def save(digest: str, samples: Samples) -> None:
    """Keeps the samples, written in one step; does nothing where the cache cannot be written."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **samples._asdict())
    with contextlib.suppress(CacheError):
        keep(_name(digest), content.getvalue())


def _name(digest: str) -> str:
    return f"tables/{digest}.npz"
