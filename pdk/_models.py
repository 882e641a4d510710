# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of transistor models and where it came from."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Models:
    """The model files of a technology, ready to be compiled.

    **Attributes:**

    - `directory`: holds the model files.
    - `source`: where they were found, in words.
    - `version`: of the wheel, or the commit that open_pdks was built from; `"unknown"` if the
      installation does not say.
    - `sha256`: over the names and contents of all model files.
    - `technology`: name of the technology that they describe.
    - `pattern`: which files of the directory are model files.
    """

    directory: Path
    source: str
    version: str
    sha256: str
    technology: str
    pattern: str


def open_models(
    directory: Path, *, technology: str, pattern: str, source: str, version: str
) -> Models:
    """Describes the models in a directory, with their hash.

    **Arguments:**

    - `directory`: holds the model files.
    - `technology`, `pattern`, `source`, `version`: see `Models`.

    **Raises:** `ModelFileError` where they cannot be read.
    """
    return Models(
        directory=directory.resolve(),
        source=source,
        version=version,
        sha256=_sha256(directory, _marks(directory, pattern)),
        technology=technology,
        pattern=pattern,
    )


def check_unchanged(models: Models) -> None:
    """Checks that the model files have not changed since they were opened.

    **Raises:** `ModelFileError` where they have.
    """
    marks = _marks(models.directory, models.pattern)
    if _sha256(models.directory, marks) != models.sha256:
        msg = (
            f"The models in {models.directory} were changed while they were in use; put the files "
            "back, or begin anew with these."
        )
        raise ModelFileError(msg)


def _marks(directory: Path, pattern: str) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the model files, some of which change with their contents."""
    try:
        found = [(path, path.stat()) for path in sorted(directory.glob(pattern))]
    except OSError as error:
        raise _unreadable(directory, error) from error
    return tuple((path.name, seen.st_size, seen.st_mtime_ns) for path, seen in found)


@functools.lru_cache(maxsize=8)
def _sha256(directory: Path, marks: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    try:
        for name, _, _ in marks:
            content = (directory / name).read_bytes()
            digest.update(f"{name} {len(content)}\n".encode())
            digest.update(content)
    except OSError as error:
        raise _unreadable(directory, error) from error
    return digest.hexdigest()


def _unreadable(directory: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"Cannot read the models in {error.filename or directory}: {error.strerror}."
    )
