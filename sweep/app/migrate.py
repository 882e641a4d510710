# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep migrate`: files and directories of study files of version 1 as version 2 has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from sweep.results.files import DriverLock, Layout, StoreError, write_whole
from sweep.results.manifest import JOURNAL, SCHEMA, WITH_JUNCTIONS, read_manifest
from sweep.search.opening import open_results
from sweep.search.renaming import write_journal
from sweep.study.migrate import is_old, migrated
from sweep.study.study_file import parse

__all__ = ["Migrated", "migrate"]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was rewritten.

    **Attributes:**

    - `written`: files that are new; `kept`: what they replace, under other names.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """The record as plain values."""
        return {"written": [*map(str, self.written)], "kept": [*map(str, self.kept)]}


def migrate(path: Path) -> Migrated:
    """Rewrites a study or design file, or a directory of results; what is of today stays as it is.

    What is replaced is kept beside it, with `.version1` behind its name.

    **Raises:** `StoreError` where there is nothing to read, a driver works in the directory, or its trials
    are in a database; `StudyFileError` for a file that is none.
    """
    if path.is_dir():
        return _directory(path)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}; name a study file, a design file or a directory of results."
        raise StoreError(msg) from error
    if not is_old(text):
        return Migrated()
    return Migrated((path,), (_replaced(path, migrated(text).encode()),))


def _directory(out: Path) -> Migrated:
    layout = Layout(out)
    manifest = read_manifest(layout)
    text = layout.study_file.read_text("utf-8")
    if not is_old(text):
        return Migrated()
    if manifest.storage != JOURNAL:
        msg = (
            f"The trials of {out} are in {manifest.storage}, whose names of parameters stay as they are; "
            "`sweep status`, `report` and `export` read them, and a new study begins with its best design "
            "(search.start)."
        )
        raise StoreError(msg)
    new = migrated(text, before_junctions=manifest.schema < WITH_JUNCTIONS)
    described = parse(new, source=manifest.study_source)
    with DriverLock(layout):
        study = open_results(out).study
        kept = [_kept(layout.journal), _kept(layout.study_file), _kept(layout.manifest)]
        write_journal(study, layout.journal)
        write_whole(layout.study_file, new.encode())
        replace(
            manifest,
            fingerprint=described.fingerprint,
            study_sha256=hashlib.sha256(new.encode()).hexdigest(),
            schema=SCHEMA,
        ).write(layout)
    return Migrated((layout.study_file, layout.journal, layout.manifest), tuple(kept))


def _kept(path: Path) -> Path:
    """A copy of a file under another name."""
    copy = path.with_name(f"{path.name}.version1")
    if not copy.exists():  # else an earlier call was killed in between
        write_whole(copy, path.read_bytes())
    return copy


def _replaced(path: Path, content: bytes) -> Path:
    kept = _kept(path)
    write_whole(path, content)
    return kept
