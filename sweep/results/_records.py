# SPDX-License-Identifier: GPL-3.0-or-later
"""`EpochRecord`: what one finished epoch left, and its file."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from objectives import EpochScore
from sweep.results._files import StoreError, write_whole

_SCHEMA = 1
_DESCRIPTION = "record"
# What numpy and zipfile raise on a file whose bytes are not what they should be.
_DAMAGE = (
    OSError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class RecordError(StoreError):
    """The file of an epoch is damaged or is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """The results of one epoch of one trial.

    **Attributes:**

    - `score`: its figures.
    - `arrays`: the arrays of `circuits.Trace` (`free`, `nudged`, `weights`, `final_weights`,
      `energy`), `held_out` (outputs at the held-out points after the epoch, V, shape
      `(held_out, outputs)`) and, in epoch 0, `held_out_before` (the same before the first update).
    - `run_key`: SHA-256 of all that the epoch's simulation depends on.
    - `previous_key`: that of the epoch before, empty in epoch 0.
    - `simulator`, `version`, `models`: what computed it; `models` is the SHA-256 of the PDK's.
    - `statistics`: the solver's counts, as in `circuits.simulators.Statistics`.
    - `attempts`: how often it was simulated until it succeeded; 1 as a rule.
    """

    score: EpochScore
    arrays: Mapping[str, NDArray[np.float64]]
    run_key: str
    previous_key: str
    simulator: str
    version: str
    models: str
    statistics: Mapping[str, int | None]
    attempts: int = 1

    @property
    def epoch(self) -> int:
        """Which epoch of its trial, from 0."""
        return self.score.epoch

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        **Raises:** `OSError`.
        """
        described = {
            "schema": _SCHEMA,
            "score": asdict(self.score),
            "run_key": self.run_key,
            "previous_key": self.previous_key,
            "simulator": self.simulator,
            "version": self.version,
            "models": self.models,
            "statistics": dict(self.statistics),
            "attempts": self.attempts,
        }
        buffer = io.BytesIO()
        description: dict[str, Any] = {_DESCRIPTION: np.array(json.dumps(described))}
        np.savez(buffer, allow_pickle=False, **description, **self.arrays)
        write_whole(path, buffer.getvalue())


def read_record(path: Path) -> EpochRecord:
    """The record in a file that `EpochRecord.write` wrote.

    **Raises:** `RecordError` for a file that is damaged, missing or something else.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            described = _description(archive)
            arrays = {
                name: np.asarray(archive[name], dtype=np.float64)
                for name in archive.files
                if name != _DESCRIPTION
            }
        record = EpochRecord(score=EpochScore(**described.pop("score")), arrays=arrays, **described)
        for name in ("final_weights", "held_out"):
            if not np.isfinite(arrays[name]).all():
                msg = f"{path} holds no finite {name}."
                raise RecordError(msg)
    except _DAMAGE as error:
        words = " ".join(str(error).split())
        msg = f"{path} is damaged or is not the file of an epoch: {words}."
        raise RecordError(msg) from error
    return record


def read_score(path: Path) -> EpochScore:
    """The figures alone, without the arrays.

    **Raises:** `RecordError`.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return EpochScore(**_description(archive)["score"])
    except _DAMAGE as error:
        words = " ".join(str(error).split())
        msg = f"{path} is damaged or is not the file of an epoch: {words}."
        raise RecordError(msg) from error


def _description(archive: Any) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(str(archive[_DESCRIPTION]))
    if described.pop("schema") != _SCHEMA:
        msg = f"only schema {_SCHEMA} of epoch files is known"
        raise ValueError(msg)
    return described
