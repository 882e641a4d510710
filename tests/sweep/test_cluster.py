# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies on clusters of two real Ray nodes, one of which dies, or is not fit for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_in import install, runs
from tests.sweep.cluster import Cluster
from tests.sweep.killing import SIMULATOR, below, events_in, wait_for_event
from tests.sweep.running import digest, start_driver, tiny, wait_until

STUDY = tiny(points=2, trials=16, workers=4)
SECONDS = 0.5

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ray_session")]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster without nodes yet; drivers that are started now reach it."""
    with Cluster() as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def test_the_runs_of_a_node_that_dies_are_done_again_elsewhere(
    cluster: Cluster, stand_in: Path, undisturbed: Path, tmp_path: Path
) -> None:
    first = cluster.start(cores=2, simulator=stand_in)
    second = cluster.start(cores=2, simulator=stand_in)
    out, log = tmp_path / "out", tmp_path / "out.log"
    driver = start_driver(STUDY, out, address=cluster.address)
    for node in (first, second):
        wait_until(lambda node=node: bool(below(node.pid, SIMULATOR)), 120, "both nodes have work")
    wait_for_event("epoch_finished", log)
    wait_until(lambda: bool(below(second.pid, SIMULATOR)), 60, "the second node has work")
    cluster.kill(second)

    assert driver.wait(240) == 0, log.read_text()
    lost = [event for event in events_in(log) if event["event"] == "epoch_lost"]
    assert lost
    assert digest(out) == digest(undisturbed)
    finished = [event for event in events_in(log) if event["event"] == "epoch_finished"]
    assert len({(event["trial"], event["epoch"]) for event in finished}) == len(finished) == 32


def test_a_node_with_another_simulator_is_left_out_with_a_message(
    cluster: Cluster, stand_in: Path, undisturbed: Path, tmp_path: Path
) -> None:
    other = install(tmp_path / "other", version="998")
    cluster.start(cores=2, simulator=stand_in)
    cluster.start(cores=2, simulator=other)
    out, log = tmp_path / "out", tmp_path / "out.log"
    driver = start_driver(STUDY, out, address=cluster.address)
    wait_for_event("epoch_finished", log)
    # One that joins later is found out by its first task.
    late = install(tmp_path / "late", version="997")
    cluster.start(cores=1, simulator=late)

    assert driver.wait(240) == 0, log.read_text()
    left_out = [event["message"] for event in events_in(log) if event["event"] == "node_left_out"]
    assert any("ngspice 998" in words and "ngspice 999" in words for words in left_out)
    assert all("998" in words or "997" in words for words in left_out)
    assert runs(other) == runs(late) == []
    assert digest(out) == digest(undisturbed)


def test_a_cluster_without_a_fit_node_is_refused(
    cluster: Cluster, stand_in: Path, tmp_path: Path
) -> None:
    cluster.start(cores=0, simulator=stand_in)
    cluster.start(cores=2, simulator=install(tmp_path / "other", version="998"))
    driver = start_driver(STUDY, tmp_path / "out", address=cluster.address)
    assert driver.wait(120) not in {0, None}
    said = (tmp_path / "out.log").read_text()
    assert "No node of the cluster can run this study" in said
    assert "ngspice 998" in said
