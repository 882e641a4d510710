# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep migrate`: rewrites study files, design files and result directories of version 1 as version 2."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from sweep._errors import Problem, StudyFileError
from sweep.results.files import DriverLock, Layout, StoreError, write_whole
from sweep.results.manifest import JOURNAL, SCHEMA, Manifest, read_manifest
from sweep.results.study_results import stored_study_file, version1_copy
from sweep.search.creation import FINGERPRINT
from sweep.search.opening import open_results
from sweep.search.renaming import write_journal
from sweep.study._text import read_text
from sweep.study.migrate import NEW, OLD, migrated
from sweep.study.old_fingerprint import renewed_fingerprint

__all__ = ["Migrated", "migrate"]


@dataclass(frozen=True, slots=True)
class Migrated:
    """Files that were rewritten.

    **Attributes:**

    - `written`: the new files; `kept`: the files that they replace, under other names.
    - `notes`: remarks for the user, one sentence each; usually empty.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """The record as plain values."""
        return {
            "written": [*map(str, self.written)],
            "kept": [*map(str, self.kept)],
            "notes": [*self.notes],
        }


def migrate(path: Path) -> Migrated:
    """Rewrites a study or design file, or a directory of results; does nothing where it is of version 2.

    Replaced files are kept under their name with `.version1` behind it. If the process is killed, a further
    call completes the work.

    **Raises:** `StoreError` where there is no study, a driver works in the directory, or its trials are
    in a database; `StudyFileError` for a file that cannot be read or is none of these; `OSError`.
    """
    return _directory(Layout(path)) if path.is_dir() else _file(path)


def _file(path: Path) -> Migrated:
    text = _text(path)
    if tomllib.loads(text)["version"] == NEW:
        return Migrated()
    content, kept = path.read_bytes(), version1_copy(path)
    if kept.exists() and kept.read_bytes() != content:
        msg = f"{kept} is there already, and is another file than {path} is now; move it away."
        raise StoreError(msg)
    write_whole(kept, content)
    write_whole(path, migrated(text).encode())
    return Migrated((path,), (kept,))


def _text(path: Path) -> str:
    """The text of a study or design file of version 1 or 2."""
    text = read_text(path, what="a study file, a design file or a directory of results")
    if isinstance(text, Problem):
        raise StudyFileError((text,))
    try:
        version = tomllib.loads(text).get("version")
    except (ValueError, RecursionError) as error:
        problem = Problem(str(path), "", str(error), "a text in TOML")
        raise StudyFileError((problem,)) from error
    if type(version) is not int or version not in {OLD, NEW}:
        hint = "study and design files name their version"
        raise StudyFileError((Problem(str(path), "version", version, f"{OLD} or {NEW}", hint),))
    return text


def _directory(layout: Layout) -> Migrated:
    manifest = read_manifest(layout)
    _restore(layout, manifest)
    study_file, version = stored_study_file(layout, manifest)
    if version != OLD:
        return Migrated()
    if manifest.storage != JOURNAL:
        msg = (
            f"The trials of {layout.out} are in {manifest.storage}, whose names of parameters stay as they are; "
            "`sweep status`, `report` and `export` read them, and a new study begins with its best design "
            "(search.start)."
        )
        raise StoreError(msg)
    old, new = layout.study_file.read_bytes(), study_file.text.encode()
    fingerprint = renewed_fingerprint(
        manifest.fingerprint, study_file, manifest.data, old.decode("utf-8")
    )
    files = layout.journal, layout.study_file, layout.manifest
    with DriverLock(layout):
        study = open_results(layout.out).study
        for path in files:
            _keep(path)
        attributes = dict(study.user_attrs)
        if attributes.get(FINGERPRINT) == manifest.fingerprint:
            attributes[FINGERPRINT] = fingerprint
        write_journal(study, layout.journal, attributes)
        write_whole(layout.study_file, new)
        # Last, for it says that the others are there.
        replace(
            manifest,
            fingerprint=fingerprint,
            study_sha256=hashlib.sha256(new).hexdigest(),
            schema=SCHEMA,
        ).write(layout)
    notes = () if fingerprint != manifest.fingerprint else (_meant_otherwise(manifest),)
    return Migrated(files, tuple(map(version1_copy, files)), notes)


def _meant_otherwise(manifest: Manifest) -> str:
    return (
        f"This study was begun by an earlier analog-sweep ({manifest.package_version}), to which its study "
        "file meant something else: what it does not mention has other values now. `sweep run --resume` "
        "does not go on with it."
    )


def _restore(layout: Layout, manifest: Manifest) -> None:
    """Restores the old study file where an earlier call was killed before it wrote the manifest."""
    kept = version1_copy(layout.study_file)
    if not kept.is_file() or not layout.study_file.is_file():
        return
    old, now = kept.read_bytes(), layout.study_file.read_bytes()
    if old != now and hashlib.sha256(old).hexdigest() == manifest.study_sha256:
        write_whole(layout.study_file, old)


def _keep(path: Path) -> None:
    """Copies an old file of a directory to its other name.

    A journal that does not begin with the content of its copy was written by an earlier call that was killed.
    """
    kept, content = version1_copy(path), path.read_bytes()
    if path.name != JOURNAL or not kept.exists() or content.startswith(kept.read_bytes()):
        write_whole(kept, content)
