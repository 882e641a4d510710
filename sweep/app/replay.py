# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep replay`: simulates a recorded training again and compares.

The file (`.npz`) holds a training of the original circuit: `X`, `Y` (V, points x inputs, outputs),
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
    """The file cannot be read, or is not a trajectory."""

    exit_code = 2


@dataclass(frozen=True)
class Deviation:
    """Absolute deviations, V: the largest of the first point, and median and largest of all points."""

    first: float
    median: float
    max: float

    @staticmethod
    def between(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Deviation:
        """Returns the deviations of two arrays of shape `(points, values)`, V."""
        error = np.abs(ours - theirs)
        return Deviation(float(error[0].max()), float(np.median(error)), float(error.max()))


@dataclass(frozen=True)
class Replay:
    """Deviations of the replayed run from the recorded one; `weights` are those after the last update."""

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


def original_design(layers: tuple[int, ...]) -> Design:
    """Returns the original design for a network of two crossbars.

    It has no junction areas, as the original netlist has none.

    **Raises:** `TrajectoryError` for another depth, for which the original design has no update scales.
    """
    if len(layers) - 1 != len(_SEED_SCALES):
        raise TrajectoryError(
            f"the original biasing has update scales for two crossbars, not for layers {list(layers)}"
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
    """Simulates a trajectory's points, rows and weights with the original design, and compares the results.

    **Arguments:**

    - `path`: the trajectory, an `.npz` file.
    - `simulator`: as for `circuits.make_trainer`.
    - `pdk_path`: directory of the transistor models; None for the default places.
    - `points`: how many of the recorded points to replay; None for all.
    - `limits`: of the simulation; None for the default ones.

    **Raises:** `TrajectoryError` for a file that cannot be used; `SweepError` where the simulation has no
    result; otherwise as `pdk.locate` and `circuits.make_trainer`.
    """
    data = _read(path)
    layers = tuple(int(size) for size in data["dims"])
    count = len(data["X"]) if points is None else min(points, len(data["X"]))
    run = Run(
        layers,
        original_design(layers),
        Stimulus.training(data["X"][:count], data["Y"][:count], data["rows"][:count]),
        split_weights(data["w0"], layers),
    )
    trainer = make_trainer(simulator, pdk.locate(pdk_path), limits=limits)
    started = time.perf_counter()
    trace = trainer.run(run)
    seconds = time.perf_counter() - started
    if not trace.ok:
        raise SweepError(
            f"{trainer.name} gave no result ({trace.outcome.cause}): {trace.outcome.message}"
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
