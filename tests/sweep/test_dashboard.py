# SPDX-License-Identifier: GPL-3.0-or-later
"""optuna-dashboard shows a study that runs, and can change nothing in it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sweep.app.dashboard import Dashboard, DashboardError
from sweep.cli import app
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event
from sweep.results.study_results import Results, StoreError
from tests.sweep.running import Record, snapshot, tiny, wait_until

pytest_plugins = ["tests.sweep.finished"]

needs_dashboard = pytest.mark.skipif(
    importlib.util.find_spec("optuna_dashboard") is None,
    reason="optuna-dashboard is not installed (pip install optuna-dashboard)",
)


def stop_in_second_trial(event: Event) -> None:
    """As Ctrl-C does."""
    if isinstance(event, EpochFinished) and (event.trial, event.epoch) == (1, 0):
        os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def served(out: Path) -> Iterator[str]:
    """The address of a dashboard while it answers."""
    with Dashboard(out, port=0) as shown:
        thread = threading.Thread(target=shown.serve)
        thread.start()
        try:
            yield shown.url
        finally:
            shown.close()
            thread.join(timeout=10)


def asked(url: str, path: str, method: str = "GET") -> Any:
    address = url[: url.index("/dashboard")] + path
    request = urllib.request.Request(address, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def number_of(url: str) -> str:
    return url.rpartition("/")[2]


def complete(url: str) -> int:
    """How many complete trials it shows."""
    trials = asked(url, f"/api/studies/{number_of(url)}")["trials"]
    return [trial["state"] for trial in trials].count("Complete")


@needs_dashboard
def test_it_shows_the_trials_of_the_study(finished: Results) -> None:
    with served(finished.out) as url:
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert b"<html" in answer.read()
        shown = asked(url, f"/api/studies/{number_of(url)}")
    values = [trial["values"] for trial in shown["trials"]]
    assert [each[0] for each in values] == [t.value for t in finished.study.trials]


@needs_dashboard
def test_nothing_can_be_changed_through_it(finished: Results) -> None:
    before = snapshot(finished.out)
    with served(finished.out) as url:
        for method, path in (
            ("DELETE", f"/api/studies/{number_of(url)}"),
            ("POST", "/api/studies"),
            ("POST", f"/api/studies/{number_of(url)}/rename"),
            ("PUT", f"/api/studies/{number_of(url)}/note"),
        ):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                asked(url, path, method)
        assert len(asked(url, "/api/studies")["study_summaries"]) == 1
    assert snapshot(finished.out) == before


@needs_dashboard
@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize("database", [False, True])
def test_it_shows_what_a_running_study_adds(database: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    storage = f"sqlite:///{tmp_path / 'study.db'}" if database else None
    study = tiny()
    stopping = Record(do=stop_in_second_trial)
    run_study(study, Settings(out=out, storage=storage), observer=stopping)
    with served(out) as url:
        assert complete(url) == 1
        run_study(study, Settings(out=out, storage=storage, resume=True), observer=Record())
        # It keeps what it has read for some seconds.
        wait_until(lambda: complete(url) == 3, 30, "the new trials are shown")


@needs_dashboard
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_well_when_it_is_interrupted(
    finished: Results, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "sweep", "dashboard", str(finished.out), "--port", "0"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert asked(url, "/api/studies")["study_summaries"][0]["study_name"] == "tiny"
        process.send_signal(number)
        _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (0, "")


@needs_dashboard
def test_a_port_that_is_taken_is_said(finished: Results) -> None:
    with served(finished.out) as url:
        port = int(url.split(":")[2].partition("/")[0])
        with pytest.raises(DashboardError, match=f"Port {port} .* give another --port"):
            Dashboard(finished.out, port=port)


def test_without_the_package_it_says_what_installs_it(
    finished: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    said = CliRunner().invoke(app, ["dashboard", str(finished.out), "--json"])
    assert said.exit_code == 1
    assert "-m pip install optuna-dashboard" in json.loads(said.stderr)["error"]["message"]


def test_a_directory_without_a_study_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no study"):
        Dashboard(tmp_path)
