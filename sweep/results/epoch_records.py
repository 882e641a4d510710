# SPDX-License-Identifier: GPL-3.0-or-later
"""`EpochRecord`: the results of an epoch, or of several computed in one task, and their file."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.run_cache import ARCHIVE_DAMAGE
from objectives import EpochScore
from sweep.results.files import StoreError, write_whole

_SCHEMA = 3
_READ = (1, 2, 3)  # schema 1: one epoch in each file; 2: nothing of a run cache
_DESCRIPTION = "record"


class RecordError(StoreError):
    """The file of an epoch is damaged or is not one."""


class UnreadableRecordError(RecordError):
    """The file of an epoch exists, but reading it fails; its content may be intact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """The results of one epoch of one training, or of several that were computed in one task.

    A worker fills in what it computed, the driver the rest: the fields with defaults, but for `cached`.

    **Attributes:**

    - `scores`: the metrics of each epoch.
    - `arrays`: of the last epoch the arrays of `circuits.Trace` (`free`, `nudged`, `weights`,
      `final_weights`, `energy`) and `held_out` (outputs at the held-out points after the epoch, V,
      shape `(held_out, outputs)`); with epoch 0 also `held_out_before` (the same before the first
      update). Of several epochs also those of `KeptEpochs`: outputs and weights after some of them;
      with epoch 0 `first_weights`, the storage voltages after each of its training points.
    - `run_key`: SHA-256 of all that the last epoch's simulation depends on; `first_key` that of the
      first epoch here.
    - `previous_key`: that of the epoch before these, empty before epoch 0.
    - `simulator`, `version`, `models`: what computed it; `models` is the SHA-256 of the PDK's.
    - `statistics`: the solver's counts in the last epoch, as in `circuits.simulators.Statistics`.
    - `attempts`: number of simulations until one succeeded; usually 1.
    - `cached`: how many of the epochs came from the run cache instead of a simulation.
    - `rung`: the rung on which it was computed.
    - `wall_seconds`: wall time of the worker, s.
    - `simulated_seconds`: time in the circuit, s; NaN where unknown.
    """

    scores: tuple[EpochScore, ...]
    arrays: Mapping[str, NDArray[np.float64]]
    run_key: str
    first_key: str
    simulator: str
    version: str
    statistics: Mapping[str, int | None]
    previous_key: str = ""
    models: str = ""
    attempts: int = 1
    cached: int = 0
    rung: int = 0
    wall_seconds: float = math.nan
    simulated_seconds: float = math.nan

    @property
    def score(self) -> EpochScore:
        """The metrics of its last epoch."""
        return self.scores[-1]

    @property
    def first(self) -> int:
        """Its first epoch, from 0."""
        return self.scores[0].epoch

    @property
    def epoch(self) -> int:
        """Its last epoch."""
        return self.scores[-1].epoch

    def write(self, path: Path) -> None:
        """Write the file, completely or not at all.

        **Raises:** `OSError`.
        """
        described = {
            "schema": _SCHEMA,
            "scores": [asdict(score) for score in self.scores],
            "run_key": self.run_key,
            "first_key": self.first_key,
            "previous_key": self.previous_key,
            "simulator": self.simulator,
            "version": self.version,
            "models": self.models,
            "statistics": dict(self.statistics),
            "attempts": self.attempts,
            "cached": self.cached,
            "rung": self.rung,
            "wall_seconds": self.wall_seconds,
            "simulated_seconds": self.simulated_seconds,
        }
        buffer = io.BytesIO()
        description: dict[str, Any] = {_DESCRIPTION: np.array(json.dumps(described))}
        np.savez(buffer, allow_pickle=False, **description, **self.arrays)
        write_whole(path, buffer.getvalue())


def read_record(path: Path) -> EpochRecord:
    """Reads a file that `EpochRecord.write` wrote.

    **Raises:** `RecordError` for a file that is damaged, missing or something else;
    `UnreadableRecordError` where the file exists but reading it fails.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        msg = f"{path} is missing."
        raise RecordError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise UnreadableRecordError(msg) from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            described = _description(archive)
            arrays = {
                name: np.asarray(archive[name], dtype=np.float64)
                for name in archive.files
                if name != _DESCRIPTION
            }
        record = EpochRecord(scores=_scores(described.pop("scores")), arrays=arrays, **described)
        for name in ("final_weights", "held_out"):
            if not np.isfinite(arrays[name]).all():
                msg = f"{path} holds no finite {name}."
                raise RecordError(msg)
    except ARCHIVE_DAMAGE as error:
        words = " ".join(str(error).split())
        msg = f"{path} is damaged or is not the file of an epoch: {words}."
        raise RecordError(msg) from error
    return record


def read_scores(path: Path) -> tuple[EpochScore, ...]:
    """Reads only the metrics of each epoch from a file, without the arrays.

    **Raises:** `RecordError` for a file that is damaged, missing or something else.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return _scores(_description(archive)["scores"])
    except ARCHIVE_DAMAGE as error:
        words = " ".join(str(error).split())
        msg = f"{path} is damaged or is not the file of an epoch: {words}."
        raise RecordError(msg) from error


def _scores(told: list[dict[str, Any]]) -> tuple[EpochScore, ...]:
    scores = tuple(EpochScore(**score) for score in told)
    first = scores[0].epoch
    if [score.epoch for score in scores] != list(range(first, first + len(scores))):
        msg = "its epochs do not follow one another"
        raise ValueError(msg)
    return scores


def _description(archive: Any) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(str(archive[_DESCRIPTION]))
    schema = described.pop("schema")
    if schema not in _READ:
        msg = f"only the schemas {', '.join(map(str, _READ))} of epoch files are known"
        raise ValueError(msg)
    if schema == 1:
        score = described.pop("score")
        described |= {
            "scores": [score],
            "first_key": described["run_key"],
            "wall_seconds": score["seconds"],
        }
    return described
