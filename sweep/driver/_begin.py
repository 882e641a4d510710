# SPDX-License-Identifier: GPL-3.0-or-later
"""Start of a driver: checks that it may work in a directory, then creates or opens the study there.

The files of a new study are written in this order: study file, manifest, storage. If a driver is
killed in between, the next one continues in the same directory.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from circuits import Trainer
from sweep._errors import one_line
from sweep._version import __version__
from sweep.driver._sources import check_data, plugins_of
from sweep.results.files import DriverLock, Layout, StoreError, partial_of, write_whole
from sweep.results.manifest import JOURNAL, SCHEMA, Manifest, now, read_manifest
from sweep.results.study_results import stored_study_file
from sweep.search.creation import FINGERPRINT, OptunaStudy, create_study
from sweep.search.patient_storage import Told
from sweep.search.storage import Group, complete_url, open_storage, public_url, quiet, study_in
from sweep.study.start import StartPoint, start_points
from sweep.study.study_file import VERSION, StudyFile


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened study, which no other driver changes.

    - `layout`: paths of its files.
    - `study`: the Optuna study in its storage.
    - `group`: returns a context manager within which writes to the storage belong together.
    - `resumed`: whether an earlier driver began it.
    """

    layout: Layout
    study: OptunaStudy
    group: Group
    resumed: bool


def has_begun(out: Path) -> bool:
    """Returns whether a directory holds a study that can be resumed; True if it cannot be read."""
    try:
        return Layout(out).manifest.exists()
    except OSError:
        return True


def read_begun(out: Path, study_file: StudyFile, *, resume: bool) -> Manifest | None:
    """Reads the manifest of the study in a directory, if that study may be resumed.

    **Arguments:**

    - `out`: the directory. It need not exist.
    - `study_file`: the study file that is to be run.
    - `resume`: whether a study that is there already may be resumed.

    **Returns:** the manifest; None where the directory holds no study, so that a new one begins.

    **Raises:** `StoreError` where the directory cannot be read, holds other files or another study, or
    holds this study and `resume` is False.
    """
    layout = Layout(out)
    try:
        foreign = _foreign(layout) if out.exists() else []
        is_begun = layout.manifest.exists()
    except OSError as error:
        msg = f"{out} cannot be read as a directory: {error.strerror}; name another with --out."
        raise StoreError(msg) from error
    if not is_begun:
        if foreign:
            msg = (
                f"{out} holds other files ({foreign[0]}, ...) and no study; name an empty or a new "
                "directory with --out."
            )
            raise StoreError(msg)
        return None
    manifest = read_manifest(layout)
    stored, version = stored_study_file(layout, manifest)
    if version != VERSION:
        msg = (
            f"{out} was begun with a study file of version {version}; `sweep migrate {out}` rewrites it, and "
            "`sweep status`, `report` and `export` read it as it is."
        )
        raise StoreError(msg)
    if stored.description != study_file.description:
        msg = (
            f"{out} holds another study ({manifest.name!r}, begun {manifest.created}): its study "
            f"file differs from {study_file.source} in what determines results; name another "
            f"directory with --out, or run {layout.study_file}."
        )
        if stored.fixed.get("junctions") == "none" != study_file.fixed.get("junctions"):
            msg += (
                " Its transistors have no junction areas, as in earlier versions; if that is all, "
                f'write junctions = "none" under [design] of {study_file.source}.'
            )
        raise StoreError(msg)
    check_data(manifest, study_file, out)
    # Up to schema 3 the data were no part of the fingerprint.
    if manifest.fingerprint not in {study_file.fingerprint, study_file.description}:
        msg = (
            f"{out} was begun by an earlier analog-sweep ({manifest.package_version}), to which its "
            "study file meant something else: what it does not mention has other values now; go on "
            "with that version, or start another study with another --out. `sweep status`, `report` "
            "and `export` still read it."
        )
        raise StoreError(msg)
    if not resume:
        msg = (
            f"{out} holds this study already, begun {manifest.created}; go on with it with "
            "--resume, or name another directory with --out."
        )
        raise StoreError(msg)
    return manifest


@contextmanager
def claim(
    out: Path, study_file: StudyFile, *, storage: str | None, resume: bool
) -> Iterator[Claim]:
    """Locks a study's directory against other drivers. A missing directory is created.

    **Arguments:**

    - `out`: the directory.
    - `study_file`: the study file that is to be run.
    - `storage`: URL of an Optuna storage; None for the one that the study has, or for a journal file in
      `out` where the study is new.
    - `resume`: whether a study that is there already may be resumed.

    **Returns:** a context manager. It gives the claim and holds the lock until its end; if the study has
    not begun by then, it removes the files that it made.

    **Raises:** `StoreError` where directory or storage belong to another study, or another driver works
    there. Nothing was written then.
    """
    quiet()
    layout = Layout(out)
    _check_storage(layout, study_file, read_begun(out, study_file, resume=resume), storage)
    with _Traces(layout) as traces:
        try:
            lock = DriverLock(layout)
        except OSError as error:
            msg = f"{out} cannot be written to ({one_line(error)}); name another directory with --out."
            raise StoreError(msg) from error
        with lock:
            begun = read_begun(out, study_file, resume=resume)
            try:
                yield Claim(layout, study_file, begun, storage)
            finally:
                traces.remove_files()


class _Traces:
    """Context manager that removes the new files and directories of a study that did not begin.

    A study has begun when its manifest exists. Files that were there before are kept, as the user's study
    file may be among them.
    """

    def __init__(self, layout: Layout) -> None:
        own = (layout.study_file, layout.manifest)
        files = (*own, *map(partial_of, own), layout.request, layout.lock)
        self._layout = layout
        self._directories = [way for way in (layout.out, *layout.out.parents) if not way.exists()]
        self._files = [path for path in files if not path.exists()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._directories and not has_begun(self._layout.out):
            with suppress(OSError):  # another process has put something there
                for directory in self._directories:
                    directory.rmdir()

    def remove_files(self) -> None:
        """Removes the files. The caller must hold the driver's lock."""
        if not has_begun(self._layout.out):
            for path in self._files:
                with suppress(OSError):
                    path.unlink()


@dataclass(frozen=True, slots=True)
class Claim:
    """A locked directory. `open` creates the study there, or opens the one that an earlier driver began.

    - `layout`: paths of the study's files; `study_file`: its study file.
    - `begun`: its manifest; None where it is new.
    - `storage`: the URL that was asked for; None for the default.
    """

    layout: Layout
    study_file: StudyFile
    begun: Manifest | None
    storage: str | None

    def open(
        self,
        trainers: Sequence[Trainer],
        start: Sequence[StartPoint],
        told: Told | None = None,
    ) -> Opened:
        """Creates the study in its storage, or opens the one that an earlier driver began.

        **Arguments:**

        - `trainers`: one for each rung of its ladder.
        - `start`: the designs that a new study begins with.
        - `told`: called with a message and the seconds until the next try while the storage does not
          answer; None for no such calls.

        **Raises:** `StoreError` if the storage cannot be opened, or an earlier driver began the study
        with other transistor models; `StorageError` if the storage fails.
        """
        if self.begun is None:
            return _create(self.layout, self.study_file, trainers, self.storage, start, told)
        return _resume(self.layout, self.study_file, trainers, self.begun, self.storage, told)


def _foreign(layout: Layout) -> list[str]:
    """Names in a directory without a manifest that no driver can have left there."""
    own = {layout.lock.name, layout.owner.name, layout.study_file.name, layout.ray_logs.name}
    names = sorted(entry.name for entry in layout.out.iterdir())
    return [name for name in names if name.removesuffix(".part") not in {*own, "manifest.json"}]


def _check_storage(
    layout: Layout, study_file: StudyFile, begun: Manifest | None, given: str | None
) -> None:
    """Refuse a storage that is not this study's, without writing to it."""
    if begun is not None:
        if given is not None and public_url(given) != begun.storage:
            msg = (
                f"{layout.out} keeps its trials in {begun.storage}, not in {public_url(given)}; "
                "leave --storage out."
            )
            raise StoreError(msg)
        return
    if given is None:
        return
    found = study_in(given, study_file.name)
    if found is not None:
        same = found.get(FINGERPRINT) in {study_file.fingerprint, study_file.description}
        words = "this study" if same else "another study of the name"
        advice = "go on with it in its own directory, with --resume," if same else "change `name`"
        msg = (
            f"The storage {public_url(given)} holds {words} {study_file.name!r} already; {advice} or "
            "give another --storage."
        )
        raise StoreError(msg)


def _create(
    layout: Layout,
    study_file: StudyFile,
    trainers: Sequence[Trainer],
    storage: str | None,
    start: Sequence[StartPoint],
    told: Told | None,
) -> Opened:
    text = study_file.text.encode()
    write_whole(layout.study_file, text)
    plan = study_file.plan
    top = trainers[-1]
    models = top.models
    manifest = Manifest(
        name=study_file.name,
        fingerprint=study_file.fingerprint,
        study_sha256=hashlib.sha256(text).hexdigest(),
        study_source=str(Path(study_file.source).absolute()),
        package_version=__version__,
        simulator=top.name,
        simulator_version=top.version,
        rungs=_rungs(trainers) if study_file.ladder.declared else (),
        pdk={"source": models.source, "version": models.version, "sha256": models.sha256},
        seeds={
            "search": study_file.search.seed,
            "weights": plan.weight_seed,
            "order": plan.order_seed,
            "noise": plan.noise_seed,
            "task": plan.task.seed,
            "mismatch": plan.corner.mismatch_seed,
        },
        storage=JOURNAL if storage is None else public_url(storage),
        data=study_file.data,
        plugins=plugins_of(study_file),
    )
    manifest.write(layout)
    opened, group = open_storage(layout, storage or JOURNAL, told)
    return Opened(
        layout, create_study(opened, study_file, manifest, lambda: start), group, resumed=False
    )


def _resume(
    layout: Layout,
    study_file: StudyFile,
    trainers: Sequence[Trainer],
    begun: Manifest,
    storage: str | None,
    told: Told | None,
) -> Opened:
    top = trainers[-1]
    if begun.pdk.get("sha256") != top.models.sha256:
        msg = (
            f"{layout.out} was begun with other transistor models ({begun.pdk.get('source')}) than "
            f"there are now ({top.models.source}); name those with PDK_ROOT or `path` of [pdk], or "
            "start another study with another --out."
        )
        raise StoreError(msg)
    start: dict[str, Any] = {
        "at": now(),
        "host": platform.node(),
        "package_version": __version__,
        "simulator_version": top.version,
        "pdk_sha256": top.models.sha256,
        "pdk_source": top.models.source,
        "plugins": plugins_of(study_file),
    }
    if study_file.ladder.declared:
        start["rungs"] = _rungs(trainers)
    replace(begun, resumed=(*begun.resumed, start), schema=SCHEMA, data=study_file.data).write(
        layout
    )
    opened, group = open_storage(layout, storage or complete_url(begun.storage), told)
    return Opened(
        layout,
        create_study(opened, study_file, begun, lambda: start_points(study_file)),
        group,
        resumed=True,
    )


def _rungs(trainers: Sequence[Trainer]) -> tuple[dict[str, str], ...]:
    return tuple({"simulator": trainer.name, "version": trainer.version} for trainer in trainers)
