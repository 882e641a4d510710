# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is run can neither outstay nor outlive the one who runs it."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from circuits.simulators import Limits, SpiceSimulator, Status, _process, find
from circuits.simulators._process import Stop, guard, run
from tests.simulators.decks import deck

MINUTE = Limits(wall_seconds=60.0)


@pytest.fixture(params=["util-linux", "own launcher"])
def either_guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of tying a program's life to ours."""
    has = request.param == "util-linux"
    if has and not _process._has_util_linux():
        pytest.skip("setpriv and prlimit of util-linux are not installed")
    monkeypatch.setattr(_process, "_has_util_linux", lambda: has)
    return str(request.param)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in {"Z", "X"}
    return False


def wait_until(condition: object, seconds: float = 5.0) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.usefixtures("either_guard")
class TestGuard:
    def test_output_and_exit_status_are_told(self, tmp_path: Path) -> None:
        command = ["sh", "-c", "echo said; echo complained >&2; exit 3"]
        ended = run(command, directory=tmp_path, limits=MINUTE)
        assert (ended.returncode, ended.stopped) == (3, None)
        assert (ended.stdout, ended.stderr) == ("said\n", "complained\n")

    def test_a_signal_is_told(self, tmp_path: Path) -> None:
        ended = run(["sh", "-c", "kill -SEGV $$"], directory=tmp_path, limits=MINUTE)
        assert ended.returncode == -signal.SIGSEGV

    def test_the_time_limit_ends_a_whole_family(self, tmp_path: Path) -> None:
        command = ["sh", "-c", "sleep 100 & echo $!; sleep 100"]
        ended = run(command, directory=tmp_path, limits=Limits(wall_seconds=0.3))
        assert ended.stopped is Stop.TIME_LIMIT
        assert 0.3 <= ended.seconds < 1.5
        assert wait_until(lambda: not is_running(int(ended.stdout)))

    def test_children_left_behind_are_ended_too(self, tmp_path: Path) -> None:
        command = ["sh", "-c", "sleep 100 & echo $!"]
        ended = run(command, directory=tmp_path, limits=MINUTE)
        assert (ended.returncode, ended.stopped) == (0, None)
        assert wait_until(lambda: not is_running(int(ended.stdout)))

    def test_memory_is_limited(self, tmp_path: Path) -> None:
        command = [sys.executable, "-S", "-c", "bytearray(500_000_000)"]
        ended = run(command, directory=tmp_path, limits=Limits(memory_bytes=200_000_000))
        assert "MemoryError" in ended.stderr

    def test_one_thread_and_no_terminal(self, tmp_path: Path) -> None:
        command = ["sh", "-c", "echo $OMP_NUM_THREADS $LC_ALL; cat; ulimit -c"]
        ended = run(command, directory=tmp_path, limits=MINUTE)
        assert ended.stdout == "1 C\n0\n"

    def test_a_program_that_is_not_there(self, tmp_path: Path) -> None:
        ended = run(["/nonexistent/program"], directory=tmp_path, limits=MINUTE)
        assert ended.returncode == 127
        assert "/nonexistent/program" in ended.stderr


def test_use_of_time_and_memory_is_measured(tmp_path: Path) -> None:
    burn = "import time\nx = bytearray(150_000_000)\nwhile time.process_time() < 0.3: pass"
    ended = run([sys.executable, "-S", "-c", burn], directory=tmp_path, limits=MINUTE)
    assert 0.25 < ended.cpu_seconds < 0.6
    assert 150e6 < ended.peak_memory < 250e6
    small = run(["sleep", "0.05"], directory=tmp_path, limits=MINUTE)
    assert small.peak_memory < 20e6
    assert small.cpu_seconds < 0.05


def test_a_short_program_costs_a_few_milliseconds(tmp_path: Path) -> None:
    seconds = min(run(["true"], directory=tmp_path, limits=MINUTE).seconds for _ in range(10))
    assert seconds < 0.02


def test_own_limits_are_never_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, 2000))
    monkeypatch.setattr(_process, "_has_util_linux", lambda: True)
    command = guard(Limits(memory_bytes=10**9, wall_seconds=1e6))
    assert "--as=1000" in command
    assert "--cpu=1000" in command


def test_many_threads_run_programs_at_once(tmp_path: Path) -> None:
    said: dict[int, str] = {}

    def one(number: int) -> None:
        place = tmp_path / str(number)
        place.mkdir()
        said[number] = run(["echo", str(number)], directory=place, limits=MINUTE).stdout

    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: f"{number}\n" for number in range(16)}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.usefixtures("either_guard")
def test_the_simulator_dies_with_the_one_who_started_it(
    simulator: SpiceSimulator, tmp_path: Path, number: signal.Signals, either_guard: str
) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from circuits.simulators import _process, find\n"
        "from tests.simulators.decks import ENDLESS, deck\n"
        f"_process._has_util_linux = lambda: {either_guard == 'util-linux'}\n"
        f"simulator = find({simulator.name!r}, executable={str(simulator.executable)!r})\n"
        "said = []\n"
        "def progress(done):\n"
        "    said or print('running', flush=True)\n"
        "    said.append(done)\n"
        "simulator.execute(deck(analysis=ENDLESS), directory=Path(sys.argv[1]), progress=progress)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "running\n"
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            (child,) = map(int, children)
            # Its own program may be behind a script that ends with `exec`.
            assert simulator.name in Path(f"/proc/{child}/exe").resolve().name.lower()
            parent.send_signal(number)
            parent.wait(timeout=10)
            assert wait_until(lambda: not is_running(child))
        finally:
            parent.kill()
            with contextlib.suppress(NameError, ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def test_the_ranks_of_a_parallel_run_end_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"):
        monkeypatch.setenv(name, "1")
    probe = ["mpirun", "-n", "2", "true"]
    if shutil.which("mpirun") is None or subprocess.run(probe, check=False).returncode != 0:
        pytest.skip("mpirun cannot start two processes here")
    ranks = tmp_path / "ranks"
    program = tmp_path / "Xyce"
    program.write_text(
        "#!/bin/sh\ncase $1 in -v) echo Xyce Release 7.10; exit;; -capabilities) echo Parallel with"
        f" MPI; exit;; esac\necho $$ >> {ranks}\nexec sleep 100\n"
    )
    program.chmod(0o755)

    def started() -> list[int]:
        return [int(line) for line in ranks.read_text().split()] if ranks.exists() else []

    parallel = find("xyce", executable=str(program), processes=2)
    outcome = parallel.execute(deck(), cancelled=lambda: len(started()) == 2, limits=MINUTE).outcome
    assert outcome.status is Status.CANCELLED
    assert wait_until(lambda: not any(map(is_running, started())))


@pytest.mark.slow
def test_a_hundred_runs_leave_nothing_behind(simulator: SpiceSimulator, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(100):
        assert simulator.execute(deck(), directory=tmp_path).outcome.ok
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not list(tmp_path.iterdir())
