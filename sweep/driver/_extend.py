# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces the study file of a begun study: wider ranges, another sampler, other stopping rules."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from sweep._version import __version__
from sweep.driver._sources import check_data
from sweep.results.files import DriverLock, Layout, StoreError, write_whole
from sweep.results.manifest import EXTENDED, SCHEMA, now, read_manifest
from sweep.results.study_results import stored_study_file
from sweep.study.extension import what_forbids
from sweep.study.study_file import VERSION, StudyFile


def extend(out: Path, study_file: StudyFile) -> None:
    """Replaces the study file of a begun study; does nothing where the study has this file already.

    The replaced file is kept as `study-1.toml`, `study-2.toml`, ... If the process is killed in between, the
    same call completes the replacement.

    **Raises:** `StoreError` where there is no study, a driver works on it, its study file is of an old
    version, or the new file changes what must stay the same.
    """
    layout = Layout(out)
    manifest = read_manifest(layout)
    text = study_file.text.encode()
    digest = hashlib.sha256(text).hexdigest()
    if manifest.study_sha256 == digest:
        write_whole(layout.study_file, text)
        return
    old, version = stored_study_file(layout, manifest)
    if version != VERSION:
        msg = f"{out} has a study file of version {version}; `sweep migrate {out}` rewrites it."
        raise StoreError(msg)
    if old.description == study_file.description:
        return
    check_data(manifest, study_file, out)
    reason = what_forbids(old, study_file)
    if reason:
        msg = f"{study_file.source} cannot extend the study in {out}: {reason}."
        raise StoreError(msg)
    with DriverLock(layout):
        earlier = sum(EXTENDED in start for start in manifest.resumed)
        write_whole(out / f"study-{earlier + 1}.toml", old.text.encode())
        start = {"at": now(), "package_version": __version__, EXTENDED: manifest.fingerprint}
        replace(
            manifest,
            fingerprint=study_file.fingerprint,
            study_sha256=digest,
            study_source=str(Path(study_file.source).absolute()),
            seeds={**manifest.seeds, "search": study_file.search.seed},
            resumed=(*manifest.resumed, start),
            schema=SCHEMA,
        ).write(layout)
        write_whole(layout.study_file, text)
