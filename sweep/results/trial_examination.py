# SPDX-License-Identifier: GPL-3.0-or-later
"""Data that the page of a trial shows besides its metrics, and the file in which they are kept.

`sweep.app` computes them. The file is beside those of the trial's epochs and belongs to the last of
them: when the trial goes on, the data are computed again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from circuits.run_cache import ARCHIVE_DAMAGE
from objectives.trainability import LayerTrainability, Trainability
from sweep.results.files import write_whole

__all__ = ["TrainingHistory", "TrialExamination", "Waves"]

Array = NDArray[np.float64]

_SCHEMA = 2
_DESCRIPTION = "description"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingHistory:
    """One training of a trial, epoch by epoch.

    **Attributes:**

    - `seed`: of its first weights.
    - `epochs`: number of epochs before each entry of `held_out` and `weights`, from 0 on; a long training
      has entries for some epochs only, about evenly on a logarithmic scale.
    - `held_out`: outputs at the held-out points, V, each of shape `(held-out points, outputs)`.
    - `weights`: storage voltages, V, each of shape `(weights,)`.
    - `within`: storage voltages after each training point of an epoch, V, shape
      `(training points, weights)`, and `within_epoch`: of which, from 0.
    - `examined`: epochs, each with the metrics of its updates; empty where there are none.
    - `notes`: remarks on these data, a sentence each.
    """

    seed: int
    epochs: tuple[int, ...]
    held_out: tuple[Array, ...]
    weights: tuple[Array, ...]
    within: Array
    within_epoch: int
    examined: tuple[tuple[int, Trainability], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waves:
    """Waveforms of some nodes over the first points of a training.

    **Attributes:**

    - `time`: s; `voltages`: group to node to V, of the same length.
    - `phase`: length of a phase, s; `phases`: names of those of a point; `points`: how many.
    - `simulator`: name and version.
    """

    time: Array
    voltages: Mapping[str, Mapping[str, Array]]
    phase: float
    phases: tuple[str, ...]
    points: int
    simulator: str


@dataclass(frozen=True, slots=True)
class TrialExamination:
    """Data that were computed for the page of a trial.

    **Attributes:**

    - `history`: its highest training; None where that has no finished epoch on disk.
    - `waves`: waveforms, or why there are none; None where none were asked for.
    """

    history: TrainingHistory | None = None
    waves: Waves | str | None = None

    def write(self, path: Path, belongs_to: Mapping[str, Any]) -> None:
        """Writes the file, completely or not at all.

        **Arguments:**

        - `path`: the file.
        - `belongs_to`: plain values that identify the results for which it was computed.

        **Raises:** `OSError`.
        """
        history = self.history
        assert history is not None
        described: dict[str, Any] = {
            "schema": _SCHEMA,
            "belongs_to": dict(belongs_to),
            "seed": history.seed,
            "epochs": history.epochs,
            "within_epoch": history.within_epoch,
            "examined": [[epoch, asdict(found)] for epoch, found in history.examined],
            "notes": history.notes,
        }
        arrays = {
            "held_out": np.array(history.held_out),
            "weights": np.array(history.weights),
            "within": history.within,
        }
        if isinstance(self.waves, Waves):
            waves = self.waves
            groups = {group: list(nodes) for group, nodes in waves.voltages.items()}
            described["waves"] = {
                "groups": groups, "phase": waves.phase, "phases": waves.phases,
                "points": waves.points, "simulator": waves.simulator,
            }  # fmt: skip
            lines = [waves.voltages[group][node] for group in groups for node in groups[group]]
            arrays |= {"waves_time": waves.time, "waves_voltages": np.array(lines)}
        buffer = io.BytesIO()
        text: dict[str, Any] = {_DESCRIPTION: np.array(json.dumps(described))}
        np.savez(buffer, allow_pickle=False, **text, **arrays)
        write_whole(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path, belongs_to: Mapping[str, Any]) -> Self | None:
        """Reads the file.

        **Arguments:**

        - `path`, `belongs_to`: as they were given to `write`.

        **Returns:** what it holds; None where there is no file, or one that is damaged, of another
        version or for something else.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                described = json.loads(str(archive[_DESCRIPTION]))
                if described["schema"] != _SCHEMA or described["belongs_to"] != dict(belongs_to):
                    return None
                arrays = {name: archive[name] for name in archive.files if name != _DESCRIPTION}
            return cls(_history(described, arrays), _waves(described.get("waves"), arrays))
        except (OSError, *ARCHIVE_DAMAGE):
            return None


def _history(described: Mapping[str, Any], arrays: Mapping[str, Array]) -> TrainingHistory:
    return TrainingHistory(
        seed=described["seed"],
        epochs=tuple(described["epochs"]),
        held_out=tuple(arrays["held_out"]),
        weights=tuple(arrays["weights"]),
        within=arrays["within"],
        within_epoch=described["within_epoch"],
        examined=tuple((epoch, _trainability(found)) for epoch, found in described["examined"]),
        notes=tuple(described["notes"]),
    )


def _trainability(found: dict[str, Any]) -> Trainability:
    layers = tuple(LayerTrainability(**layer) for layer in found["layers"])
    return Trainability(**{**found, "layers": layers})


def _waves(described: dict[str, Any] | None, arrays: Mapping[str, Array]) -> Waves | None:
    if described is None:
        return None
    lines = iter(arrays["waves_voltages"])
    groups, phases = described.pop("groups"), tuple(described.pop("phases"))
    voltages = {group: {node: next(lines) for node in nodes} for group, nodes in groups.items()}
    return Waves(time=arrays["waves_time"], voltages=voltages, phases=phases, **described)
