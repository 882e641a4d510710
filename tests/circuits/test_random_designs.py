# SPDX-License-Identifier: GPL-3.0-or-later
"""Any legal design builds, parses, and simulates or fails with a typed outcome."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pdk
from circuits import Corner, Design, Run, TransientTrainer, training_circuit
from circuits.simulators import Limits, Status, find
from tests.circuits.conftest import small_run
from tests.circuits.strategies import designs

networks = st.sampled_from([(2, 1), (2, 2, 1), (3, 2, 2), (1, 4, 1), (2, 2, 2, 1)])
corners = st.builds(
    Corner,
    st.sampled_from(pdk.CORNERS),
    st.sampled_from([-40.0, 27.0, 125.0]),
    st.sampled_from([None, 3]),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    layers = draw(networks)
    design: Design = draw(designs(crossbars=len(layers) - 1))
    return small_run(
        design, layers=layers, points=1, seed=draw(st.integers(0, 99)), corner=draw(corners)
    )


@settings(max_examples=50, deadline=None)
@given(runs())
def test_the_netlist_builds(run: Run) -> None:
    circuit = training_circuit(run)
    assert len(circuit.memories) == sum(a * b for a, b in run.shapes)
    assert "nan" not in circuit.text()
    assert "inf" not in circuit.text()


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(run=runs())
def test_it_simulates_or_fails_with_a_typed_outcome(run: Run, trainer: TransientTrainer) -> None:
    trace = TransientTrainer(
        trainer.simulator, trainer.models, limits=Limits(wall_seconds=20.0)
    ).run(run)
    if trace.ok:
        assert np.isfinite(trace.free).all()
        assert np.isfinite(trace.final_weights).all()
        assert np.isfinite(trace.energy).all()
    else:
        assert trace.outcome.status in (Status.NONCONVERGENT, Status.TIMEOUT)
        assert trace.outcome.message


@pytest.mark.xyce
@settings(max_examples=10, deadline=None)
@given(run=runs())
def test_xyce_accepts_the_syntax(run: Run) -> None:
    import tempfile

    simulator = find("xyce")
    trainer = TransientTrainer(simulator, pdk.locate())
    with tempfile.TemporaryDirectory() as directory:
        netlist = Path(directory) / "deck.cir"
        netlist.write_text(simulator.render(trainer.deck(run)))
        done = subprocess.run(
            [simulator.executable, "-norun", netlist.name],
            cwd=directory, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
