# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay a recorded training trajectory in this program's circuit and compare.

The file (`.npz`) holds a training of the seed's circuit: `X`, `Y` (V, points x inputs, outputs),
`rows` (row updated per point and layer), `w0` (storage voltages at the start, layer by layer,
row-major inputs x outputs), `free` and `nudged` (outputs at the end of these phases), `weights`
(all storage voltages after each point's update) and `dims` (layer sizes).
"""

from __future__ import annotations

import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import Design, Run, Stimulus, make_trainer, split_weights
from circuits.simulators import Limits
from sweep._errors import SweepError

_ARRAYS = ("X", "Y", "rows", "w0", "free", "nudged", "weights", "dims")
_SEED_SCALES = (20.0, 3.0)


class TrajectoryError(SweepError):
    """The trajectory file cannot be read or is not one."""

    exit_code = 2


@dataclass(frozen=True)
class Deviation:
    """Absolute deviations, V: of the first point (its largest), over all (median, largest)."""

    first: float
    median: float
    max: float

    @staticmethod
    def between(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Deviation:
        """Deviations of arrays of shape `(points, values)`."""
        error = np.abs(ours - theirs)
        return Deviation(float(error[0].max()), float(np.median(error)), float(error.max()))


@dataclass(frozen=True)
class Replay:
    """How far the replayed run is from the recorded one; `weights` after the last update."""

    simulator: str
    version: str
    points: int
    seconds: float
    free: Deviation
    nudged: Deviation
    weights: Deviation

    def to_json(self) -> dict[str, Any]:
        """The record as plain numbers, in volts and seconds."""
        return asdict(self)


def seed_design(layers: tuple[int, ...]) -> Design:
    """The biasing of the circuit this project starts from, for a network of two crossbars.

    Its netlist gave its transistors no junction areas, so neither has this.

    **Raises:** `TrajectoryError` for another depth, for which the seed gives no update scales.
    """
    if len(layers) - 1 != len(_SEED_SCALES):
        raise TrajectoryError(
            f"the seed's biasing has update scales for two crossbars, not for layers {list(layers)}"
        )
    copies = max(1, layers[1] // layers[2])
    return Design.from_values(
        {
            "junctions": "none",
            "synapse.multiplicity": [1, copies],
            "update.scale": list(_SEED_SCALES),
        }
    )


def replay(
    path: Path,
    *,
    simulator: str = "auto",
    pdk_path: Path | None = None,
    points: int | None = None,
    limits: Limits | None = None,
) -> Replay:
    """Simulate the trajectory's points, rows and weights in the seed's biasing, and compare.

    **Arguments:**

    - `points`: how many of the recorded points to replay; all by default.

    **Raises:** `TrajectoryError`; `SweepError` where the simulation has no result.
    """
    data = _read(path)
    layers = tuple(int(size) for size in data["dims"])
    count = len(data["X"]) if points is None else min(points, len(data["X"]))
    run = Run(
        layers,
        seed_design(layers),
        Stimulus.training(data["X"][:count], data["Y"][:count], data["rows"][:count]),
        split_weights(data["w0"], layers),
    )
    trainer = make_trainer(simulator, pdk.locate(pdk_path), limits=limits)
    started = time.perf_counter()
    trace = trainer.run(run)
    seconds = time.perf_counter() - started
    if not trace.ok:
        raise SweepError(
            f"{trainer.name} gave no result ({trace.outcome.cause}): {trace.outcome.words}"
        )
    return Replay(
        simulator=trainer.name,
        version=trainer.version,
        points=count,
        seconds=seconds,
        free=Deviation.between(trace.free, data["free"][:count]),
        nudged=Deviation.between(trace.nudged, data["nudged"][:count]),
        weights=Deviation.between(trace.weights[-1:], data["weights"][count - 1 : count]),
    )


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise TrajectoryError(
                    f"{path}: it lacks {', '.join(missing)}; a trajectory has {', '.join(_ARRAYS)}"
                )
            data = {name: file[name] for name in _ARRAYS}
    except FileNotFoundError as error:
        raise TrajectoryError(f"{path}: there is no such file") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TrajectoryError(f"{path}: not an .npz file of plain arrays ({error})") from error
    return data
