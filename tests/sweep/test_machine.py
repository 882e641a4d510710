# SPDX-License-Identifier: GPL-3.0-or-later
"""Processors and memory that a container may use, in trees of files as kernels show them."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from sweep._machine import memory, processor_quota, processors
from sweep.app import doctor
from sweep.worker import _local_ray
from sweep.worker.executor import ExecutorError, RayExecutor

GIB = 2**30
V2 = "0::{path}\n"
V2_MOUNT = "30 23 0:27 {top} /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "9:name=systemd:/x\n4:memory:{path}\n2:cpu,cpuacct:{path}\n0::/\n"
V1_MOUNTS = (
    "33 31 0:30 {top} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 {top} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)


def tree(
    root: Path, *, groups: str, mounts: str, files: dict[str, str], total: int = 64 * GIB
) -> Path:
    """A machine's `proc` and `sys`; `files` lie below `sys/fs/cgroup`."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(
        f"MemTotal: {total // 1024} kB\nMemAvailable: {total // 2048} kB\n"
    )
    (root / "proc/self/cgroup").write_text(groups)
    (root / "proc/self/mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def second(root: Path, files: dict[str, str], *, path: str = "/", top: str = "/") -> Path:
    return tree(root, groups=V2.format(path=path), mounts=V2_MOUNT.format(top=top), files=files)


def first(root: Path, files: dict[str, str], *, path: str = "/", top: str = "/") -> Path:
    return tree(root, groups=V1.format(path=path), mounts=V1_MOUNTS.format(top=top), files=files)


def test_half_a_processor_is_one_worker(tmp_path: Path) -> None:
    two = second(tmp_path / "two", {"cpu.max": "50000 100000\n"})
    one = first(
        tmp_path / "one",
        {"cpu,cpuacct/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"},
    )
    for root in (one, two):
        assert processor_quota(root) == 0.5
        assert processors(root) == 1


def test_a_part_of_a_processor_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    assert processors(second(tmp_path / "a", {"cpu.max": "350000 100000\n"})) == 3
    assert processors(second(tmp_path / "b", {"cpu.max": "400000 100000\n"})) == 4
    assert processors(second(tmp_path / "c", {"cpu.max": "9900000 100000\n"})) == 16


def test_without_limits_all_processors_and_all_memory_are_free(tmp_path: Path) -> None:
    roots = (
        second(tmp_path / "two", {"cpu.max": "max 100000\n", "memory.max": "max\n"}),
        first(
            tmp_path / "one",
            {
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
        ),
        tree(tmp_path / "none", groups="", mounts="", files={}),
    )
    for root in roots:
        assert math.isinf(processor_quota(root))
        assert processors(root) == len(os.sched_getaffinity(0))
        found = memory(root)
        assert (found.total, found.free, found.limited) == (64 * GIB, 32 * GIB, False)


def test_the_limits_of_all_groups_above_hold(tmp_path: Path) -> None:
    files = {
        "kube/cpu.max": "150000 100000\n",
        "kube/pod/cpu.max": "max 100000\n",
        "kube/pod/box/cpu.max": "700000 100000\n",
        "kube/memory.max": f"{8 * GIB}\n",
        "kube/memory.current": f"{5 * GIB}\n",
        "kube/memory.stat": f"anon 1\ninactive_file {1 * GIB}\n",
        "kube/pod/box/memory.max": f"{16 * GIB}\n",
        "kube/pod/box/memory.current": f"{1 * GIB}\n",
    }
    root = second(tmp_path, files, path="/kube/pod/box")
    assert processor_quota(root) == 1.5
    found = memory(root)
    assert (found.total, found.free, found.limited) == (8 * GIB, 4 * GIB, True)


def test_the_first_version_has_its_own_files(tmp_path: Path) -> None:
    files = {
        "memory/docker/box/memory.limit_in_bytes": f"{2 * GIB}\n",
        "memory/docker/box/memory.usage_in_bytes": f"{GIB}\n",
        "memory/docker/box/memory.stat": f"inactive_file 7\ntotal_inactive_file {GIB // 2}\n",
        "cpu,cpuacct/docker/cpu.cfs_quota_us": "250000\n",
        "cpu,cpuacct/docker/cpu.cfs_period_us": "100000\n",
        "cpu,cpuacct/docker/box/cpu.cfs_quota_us": "-1\n",
        "cpu,cpuacct/docker/box/cpu.cfs_period_us": "100000\n",
    }
    root = first(tmp_path, files, path="/docker/box")
    found = memory(root)
    assert (found.total, found.free) == (2 * GIB, 3 * GIB // 2)
    assert processor_quota(root) == 2.5


@pytest.mark.parametrize("path", ["/docker/box", "/docker/box/inner", "/elsewhere", "/../../up"])
def test_a_container_that_sees_the_machines_paths_has_its_group_at_the_top(
    path: str, tmp_path: Path
) -> None:
    root = second(
        tmp_path, {"cpu.max": "50000 100000\n", "inner/cpu.max": "max 100000\n"},
        path=path, top="/docker/box",
    )  # fmt: skip
    assert processor_quota(root) == 0.5


@pytest.fixture
def group() -> Iterator[Path]:
    """A real control group that may use half a processor."""
    for top, files in (
        (Path("/sys/fs/cgroup"), {"cpu.max": "50000 100000"}),
        (Path("/sys/fs/cgroup/cpu"), {"cpu.cfs_quota_us": "50000"}),
    ):
        path = top / f"analog-sweep-test-{os.getpid()}"
        if not (top / "cgroup.procs").exists():
            continue  # an ordinary directory
        try:
            path.mkdir()
        except OSError:
            continue
        try:
            for name, text in files.items():
                (path / name).write_text(text)
            (path / "inner").mkdir()
        except OSError:
            with contextlib.suppress(OSError):
                path.rmdir()
            continue
        yield path / "inner"
        (path / "inner").rmdir()
        path.rmdir()
        return
    pytest.skip("no control group with half a processor can be made here: that takes root")


def test_a_process_in_a_real_group_sees_what_it_may_use(group: Path) -> None:
    program = (
        f"import os; open('{group}/cgroup.procs', 'w').write(str(os.getpid()))\n"
        "from sweep._machine import *; print(processors(), processor_quota())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "1 0.5\n"


def test_a_set_of_processors_is_a_limit(tmp_path: Path) -> None:
    root = second(tmp_path, {"cpu.max": "max 100000\n"})
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert processors(root) == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize("version", [1, 2])
def test_default_workers_and_doctor_follow_what_the_container_may_use(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if version == 1:
        quota = {
            "cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
            "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        }
        root = first(tmp_path / "box", quota)
    else:
        root = second(tmp_path / "box", {"cpu.max": "50000 100000\n"})
    for function in (processors, processor_quota):
        monkeypatch.setattr(function, "__defaults__", (root,))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    asked: dict[str, object] = {}

    def start(_: object, **options: object) -> None:
        asked.update(options)
        msg = "far enough"
        raise OSError(msg)

    session = SimpleNamespace(is_initialized=lambda: False, shutdown=lambda: None)
    monkeypatch.setitem(sys.modules, "ray", session)
    monkeypatch.setattr(_local_ray, "start", start)
    with pytest.raises(ExecutorError, match="far enough"):
        RayExecutor(workers=None, address=None, directory=tmp_path)
    assert asked["num_cpus"] == 1
    found = doctor._cores().found
    assert found.startswith("1;")
    assert "its control group leaves 0.5 of the machine's" in found
