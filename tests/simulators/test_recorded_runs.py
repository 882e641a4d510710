# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded runs of Xyce 7.10, each of which must be classified as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from circuits.simulators import Cause, Status, Xyce

RUNS = Path(__file__).parents[1] / "reference" / "xyce_runs"
XYCE = Xyce(Path("Xyce"), "7.10.0")
EXIT = {
    name: int(status.removeprefix("rc=").split()[0])
    for name, status in (
        line.split(maxsplit=1) for line in (RUNS / "rc.txt").read_text().splitlines()
    )
}


@pytest.mark.parametrize(
    ("name", "cause", "words"),
    [
        ("ok", Cause.NONE, ""),
        ("parse_error", Cause.PARSE_ERROR, "Unrecognized parameter OUT for device M1"),
        ("undefined_node", Cause.UNDEFINED_SYMBOL, "node NOWHERE"),
        ("missing_library", Cause.MISSING_FILE, "/nonexistent/sky130.lib.spice"),
        ("nonconvergent", Cause.TIME_STEP_TOO_SMALL, "Time step too small"),
        ("singular", Cause.SINGULAR_MATRIX, "DC Operating Point Failed"),
        ("interrupted", Cause.KILLED, "SIGKILL"),
    ],
)
def test_a_recorded_run_is_what_it_is(name: str, cause: Cause, words: str) -> None:
    said = (RUNS / f"{name}.stdout").read_text()
    complained = (RUNS / f"{name}.stderr").read_text()
    verdict = XYCE.classify(EXIT[name], said, complained)
    assert verdict.cause is cause
    assert words in verdict.message
    assert (verdict.cause.status is Status.OK) == (name == "ok")


def test_all_recorded_runs_are_there() -> None:
    assert sorted(EXIT) == sorted(path.stem for path in RUNS.glob("*.cir"))


def test_without_its_last_words_no_run_is_good() -> None:
    said = (RUNS / "ok.stdout").read_text()
    end = said.index("End of Xyce")
    for cut in range(0, end, 97):
        assert XYCE.classify(0, said[:cut], "").cause is not Cause.NONE


def test_counts_are_read_from_the_summary() -> None:
    counts = XYCE.statistics((RUNS / "ok.stdout").read_text())
    assert counts.unknowns == 3
    assert counts.steps is not None
    assert counts.steps > 10
    assert counts.newton_iterations is not None
    assert counts.newton_iterations >= counts.steps
