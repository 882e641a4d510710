# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ray that is started here: it keeps to this machine, to this program's modules, and says why it failed."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sweep.worker import _local_ray
from tests.stand_in import install
from tests.sweep.namespaces import with_own_mounts, with_own_network
from tests.sweep.running import tiny

_STRANGER = "open({log!r}, 'a').write(__file__ + chr(10))\nraise ImportError('a stranger')\n"

_DRIVER = """
import json, os, subprocess, sys
from pathlib import Path
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, StudyStarted
from sweep.study.study_file import load
told = {}
last = Path(sys.argv[1]).with_name("last")
last.mkdir()
sys.path.append(str(last))
def worker():
    import sys
    return sys.path
def listening():
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, address, _, state = line.split()[:4]
            if state == "0A":
                yield address.partition(":")[0]
def observer(event):
    if isinstance(event, StudyStarted):
        import ray
        told["worker"] = ray.get(ray.remote(num_cpus=0)(worker).remote())
        told["here"] = sys.path
    elif isinstance(event, EpochFinished) and "listening" not in told:
        told["listening"] = sorted(set(listening()))
        subprocess.run(["ip", "link", "delete", "wifi"], check=True)
study, out, told_to = map(Path, sys.argv[1:])
summary = run_study(load(study), Settings(out=out, cache=False), observer=observer)
told["complete"] = summary.complete
told_to.write_text(json.dumps(told))
"""

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1, the same as IPv6 writes it, and ::1, as the kernel shows them."""

_WIFI = (
    "ip link add wifi type veth peer name air; ip address add 10.9.8.7/24 dev wifi; "
    "ip link set wifi up; ip link set air up; ip route add default dev wifi"
)


@pytest.mark.slow
def test_strangers_modules_and_a_lost_network_are_nothing_to_a_local_study(tmp_path: Path) -> None:
    here, log = tmp_path / "here", tmp_path / "strangers"
    here.mkdir()
    packages = importlib.metadata.packages_distributions()
    own = {"sitecustomize", "usercustomize", "pdk", "circuits", "objectives", "sweep"}
    for name in {*sys.stdlib_module_names, *packages, *own}:
        if name.isidentifier():
            (here / f"{name}.py").write_text(_STRANGER.format(log=str(log)))
    study = tmp_path / "study.toml"
    study.write_text(tiny(points=2, trials=4, epochs=1).text)
    told_to = tmp_path / "told.json"
    done = subprocess.run(
        with_own_network(
            sys.executable, "-P", "-c", _DRIVER, str(study), str(tmp_path / "out"), str(told_to),
            before=_WIFI,
        ),
        cwd=here,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "ANALOG_SWEEP_NGSPICE": str(install(tmp_path / "bin", seconds=0.2)),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(told_to.read_text())
    assert not log.exists(), log.read_text()
    assert told["worker"] == told["here"], "the same places, in the same order"
    assert set(told["listening"]) <= LOOPBACK
    assert told["complete"] == 4


def test_rays_processes_get_the_modules_path_and_simulators_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray  # which sets variables and paths of its own

    monkeypatch.setenv("PYTHONPATH", "mine")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("RAY_REDIS_ADDRESS", "cluster:6379")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = dict(os.environ)
    with _local_ray._surroundings(ray):
        assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path)
        assert os.environ["PYTHONSAFEPATH"] == "1"
        assert "RAY_REDIS_ADDRESS" not in os.environ
        inherited = dict(os.environ)
    assert dict(os.environ) == before
    for name, value in inherited.items():
        monkeypatch.setenv(name, value)
    _local_ray.restore_environment()
    assert os.environ.get("PYTHONPATH") == "mine"
    assert "PYTHONSAFEPATH" not in os.environ
    assert os.environ["RAY_REDIS_ADDRESS"] == "cluster:6379"


def part_of_ray(name: str) -> Path:
    """A program that Ray starts."""
    spec = find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "core" / "src" / "ray" / name


def run_study_of(
    tmp_path: Path, *, before: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`sweep run` of one short trial on a machine that was made different."""
    study = tmp_path / "study.toml"
    study.write_text(tiny(points=2, trials=1, epochs=1).text)
    own = {"ANALOG_SWEEP_NGSPICE": str(install(tmp_path / "bin")), "COLUMNS": "200", **environment}
    return subprocess.run(
        with_own_mounts(
            sys.executable, "-m", "sweep", "run", str(study), "--out", str(tmp_path / "out"),
            before=before,
        ),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **own},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )  # fmt: skip


@pytest.mark.slow
def test_a_ray_that_does_not_start_is_told_in_one_line_and_its_messages_are_kept(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    done = run_study_of(tmp_path, before=f"mount --bind {broken} {part_of_ray('raylet/raylet')}")
    assert done.returncode == 1
    said = done.stderr.strip()
    assert said.count("\n") == 0, said
    assert "Traceback" not in done.stdout + done.stderr
    kept = tmp_path / "out" / "ray_logs"
    assert str(kept) in said
    assert list(kept.iterdir())
    assert "--resume" not in said, "nothing has begun"
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.slow
def test_shared_memory_that_is_read_only_and_python_without_docstrings_are_no_obstacle(
    tmp_path: Path,
) -> None:
    read_only = "mount -t tmpfs -o ro none /dev/shm"
    done = run_study_of(tmp_path, before=read_only, PYTHONOPTIMIZE="2")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
