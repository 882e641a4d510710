# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded training of the original circuit comes out again, in each simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweep.app.replay import TrajectoryError, original_design, replay

TRAJECTORY = Path(__file__).parents[1] / "reference" / "seed_trajectory_4-8-4.npz"
TEN_MILLIVOLTS = 10e-3


@pytest.mark.parametrize(
    "simulator",
    [
        "ngspice",
        pytest.param("xyce", marks=[pytest.mark.xyce, pytest.mark.slow]),
        pytest.param("quasistatic", marks=pytest.mark.slow),
    ],
)
def test_the_seeds_training_comes_out_again(simulator: str) -> None:
    """Outputs swing 1.25 V, weights change by up to 694 mV."""
    result = replay(TRAJECTORY, simulator=simulator)
    assert result.points == 40
    for outputs in (result.free, result.nudged):
        assert outputs.first < TEN_MILLIVOLTS
        assert outputs.median < TEN_MILLIVOLTS
    assert result.weights.median < TEN_MILLIVOLTS


def test_the_result_as_json_has_volts_for_each_quantity() -> None:
    result = replay(TRAJECTORY, simulator="ngspice", points=1).to_json()
    assert {"simulator", "seconds", "free", "nudged", "weights"} <= result.keys()
    assert result["free"].keys() == {"first", "median", "max"}


def test_what_is_no_trajectory_is_refused(tmp_path: Path) -> None:
    missing, text, partial, cut = (tmp_path / name for name in ("a", "b", "c.npz", "d.npz"))
    text.write_text("no archive")
    np.savez(partial, X=np.zeros(1))
    cut.write_bytes(TRAJECTORY.read_bytes()[:5000])
    for path, words in (
        (missing, "no such file"),
        (text, "not an .npz"),
        (partial, "lacks Y"),
        (cut, "not an .npz"),
    ):
        with pytest.raises(TrajectoryError, match=words):
            replay(path, simulator="ngspice")


def test_the_seeds_biasing_is_for_two_crossbars() -> None:
    assert original_design((3, 32, 4)).entries("synapse.multiplicity") == (1, 8)
    with pytest.raises(TrajectoryError, match="two crossbars"):
        original_design((3, 8, 8, 1))
