# SPDX-License-Identifier: GPL-3.0-or-later
"""The run cache gives back what was put in, whoever else writes, and never grows beyond its limit."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from circuits import RunCache, Trace
from circuits.simulators import Cause, Outcome, Statistics, Verdict

FINE = Outcome.of(Verdict(Cause.NONE), seconds=1.5, cpu_seconds=1.25, peak_memory=7)


def trace(key: str, *, points: int = 4, outcome: Outcome = FINE) -> Trace:
    """A trace of which every figure follows from its key."""
    random = np.random.default_rng(int(key[:8], 16))
    nudged = random.normal(size=(points, 2))
    nudged[-1] = np.nan
    return Trace(
        outcome=outcome,
        simulator="ngspice",
        version="999",
        run_key=key,
        free=random.normal(size=(points, 2)),
        nudged=nudged,
        weights=random.normal(size=(points, 6)),
        final_weights=random.normal(size=6),
        energy=random.normal(size=points),
        statistics=Statistics(steps=3, newton_iterations=9),
    )


def key(number: int) -> str:
    return f"{number:064x}"[::-1]


def same(left: Trace, right: Trace) -> bool:
    arrays = zip(left.arrays().values(), right.arrays().values(), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in arrays) and (
        left.outcome,
        left.statistics,
        left.run_key,
    ) == (right.outcome, right.statistics, right.run_key)


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*.npz"))


def test_a_run_comes_back_bit_for_bit_and_is_marked(tmp_path: Path) -> None:
    cache = RunCache(largest=10**6, directory=tmp_path)
    assert cache.get(key(1)) is None
    cache.put(trace(key(1)))
    found = RunCache(largest=10**6, directory=tmp_path).get(key(1))
    assert found is not None
    assert found.cached
    assert same(found, trace(key(1)))


def test_a_run_that_failed_is_not_kept(tmp_path: Path) -> None:
    cache = RunCache(largest=10**6, directory=tmp_path)
    cache.put(trace(key(1), outcome=Outcome.of(Verdict(Cause.TIME_LIMIT, "too slow"))))
    assert cache.get(key(1)) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "pickled", "renamed"])
def test_a_damaged_file_is_no_run(damage: str, tmp_path: Path) -> None:
    cache = RunCache(largest=10**6, directory=tmp_path)
    cache.put(trace(key(1)))
    (path,) = tmp_path.rglob("*.npz")
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[:-100])
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    elif damage == "pickled":
        np.savez(path, description=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        other = cache._path(key(2))
        other.parent.mkdir(exist_ok=True)
        path.rename(other)
    assert cache.get(key(2 if damage == "renamed" else 1)) is None
    cache.put(trace(key(1)))
    assert same(cache.get(key(1)) or trace(key(3)), trace(key(1)))


def test_the_files_used_last_stay_and_the_limit_holds(tmp_path: Path) -> None:
    cache = RunCache(largest=10**9, directory=tmp_path)
    for number in range(20):
        cache.put(trace(key(number)))
        os.utime(cache._path(key(number)), (number, number))
    one = size(tmp_path) // 20
    assert cache.get(key(0)) is not None  # so it was used last
    small = RunCache(largest=10 * one, directory=tmp_path)
    small.put(trace(key(20)))
    assert size(tmp_path) <= 10 * one
    kept = [number for number in range(21) if cache.get(key(number)) is not None]
    assert {0, 20} <= set(kept)
    assert kept[1:] == list(range(kept[1], 21))


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = RunCache(largest=10**6, directory=tmp_path / "file" / "runs")
    cache.put(trace(key(1)))
    assert cache.get(key(1)) is None


def _write(directory: Path, first: int, failures: multiprocessing.Queue[str]) -> None:
    cache = RunCache(largest=60_000, directory=directory)
    for number in range(first, first + 60):
        name = key(number % 40)
        cache.put(trace(name))
        found = cache.get(name)
        if found is not None and not same(found, trace(name)):
            failures.put(name)


def test_many_writers_neither_spoil_a_file_nor_break_the_limit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    writers = [
        context.Process(target=_write, args=(tmp_path, first, failures))
        for first in (0, 10, 20, 30)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert failures.empty()
    assert not list(tmp_path.rglob("*.part"))
    # Each writer may have written a part of the limit since it last looked.
    assert size(tmp_path) <= 60_000 * 1.2
