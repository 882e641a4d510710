# SPDX-License-Identifier: GPL-3.0-or-later
"""The beginning of a driver: whether it may work in a directory, and what it finds or makes there.

A new study is laid down in this order: study file, manifest, storage. A driver killed in between
leaves a directory that the next one takes over.
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
    """A study that may be worked on.

    - `layout`: its files.
    - `study`: in its storage.
    - `group`: a context manager within which writes to the storage belong together.
    - `resumed`: whether it was begun before.
    """

    layout: Layout
    study: OptunaStudy
    group: Group
    resumed: bool


def has_begun(out: Path) -> bool:
    """Whether there is a study that can be gone on with; also where that cannot be seen any more."""
    try:
        return Layout(out).manifest.exists()
    except OSError:
        return True


def read_begun(out: Path, described: StudyFile, *, resume: bool) -> Manifest | None:
    """The manifest of the study that was begun in a directory; None for a new one.

    **Raises:** `StoreError` where the directory is not this study's, or it is and `resume` is not
    asked for.
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
    if stored.description != described.description:
        msg = (
            f"{out} holds another study ({manifest.name!r}, begun {manifest.created}): its study "
            f"file differs from {described.source} in what determines results; name another "
            f"directory with --out, or run {layout.study_file}."
        )
        if stored.fixed.get("junctions") == "none" != described.fixed.get("junctions"):
            msg += (
                " Its transistors have no junction areas, as in earlier versions; if that is all, "
                f'write junctions = "none" under [design] of {described.source}.'
            )
        raise StoreError(msg)
    check_data(manifest, described, out)
    # Up to schema 3 the data were no part of the fingerprint.
    if manifest.fingerprint not in {described.fingerprint, described.description}:
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
def claim(out: Path, described: StudyFile, *, storage: str | None, resume: bool) -> Iterator[Claim]:
    """Keep other drivers away from a study's directory, which is made if it is not there.

    **Raises:** `StoreError` where directory or storage are not this study's or another driver
    works there; then nothing was written.
    """
    quiet()
    layout = Layout(out)
    _check_storage(layout, described, read_begun(out, described, resume=resume), storage)
    with _Traces(layout) as traces:
        try:
            lock = DriverLock(layout)
        except OSError as error:
            msg = f"{out} cannot be written to ({one_line(error)}); name another directory with --out."
            raise StoreError(msg) from error
        with lock:
            begun = read_begun(out, described, resume=resume)
            try:
                yield Claim(layout, described, begun, storage)
            finally:
                traces.remove_files()


class _Traces:
    """The files and directories of a study that does not begin, removed again: a context manager.

    A study has begun when it has its manifest. What was there before is left alone: a user's study
    file may lie in the directory.
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
        """Remove the files; to be called under the driver's lock."""
        if not has_begun(self._layout.out):
            for path in self._files:
                with suppress(OSError):
                    path.unlink()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a study: `open` lays it down, or opens the one that was begun."""

    layout: Layout
    described: StudyFile
    begun: Manifest | None
    storage: str | None

    def open(
        self,
        trainers: Sequence[Trainer],
        start: Sequence[StartPoint],
        told: Told | None = None,
    ) -> Opened:
        """The study, in its storage.

        **Arguments:**

        - `trainers`: one for each rung of its ladder.
        - `start`: the designs that a new study begins with.
        - `told`: is told whenever the storage is away and waited for.

        **Raises:** `StoreError` if the storage cannot be opened, `StorageError` if it fails.
        """
        if self.begun is None:
            return _create(self.layout, self.described, trainers, self.storage, start, told)
        return _resume(self.layout, self.described, trainers, self.begun, self.storage, told)


def _foreign(layout: Layout) -> list[str]:
    """Names in a directory without a manifest that no driver can have left there."""
    own = {layout.lock.name, layout.owner.name, layout.study_file.name, layout.ray_logs.name}
    names = sorted(entry.name for entry in layout.out.iterdir())
    return [name for name in names if name.removesuffix(".part") not in {*own, "manifest.json"}]


def _check_storage(
    layout: Layout, described: StudyFile, begun: Manifest | None, given: str | None
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
    found = study_in(given, described.name)
    if found is not None:
        same = found.get(FINGERPRINT) in {described.fingerprint, described.description}
        words = "this study" if same else "another study of the name"
        advice = "go on with it in its own directory, with --resume," if same else "change `name`"
        msg = (
            f"The storage {public_url(given)} holds {words} {described.name!r} already; {advice} or "
            "give another --storage."
        )
        raise StoreError(msg)


def _create(
    layout: Layout,
    described: StudyFile,
    trainers: Sequence[Trainer],
    storage: str | None,
    start: Sequence[StartPoint],
    told: Told | None,
) -> Opened:
    text = described.text.encode()
    write_whole(layout.study_file, text)
    plan = described.plan
    top = trainers[-1]
    models = top.models
    manifest = Manifest(
        name=described.name,
        fingerprint=described.fingerprint,
        study_sha256=hashlib.sha256(text).hexdigest(),
        study_source=str(Path(described.source).absolute()),
        package_version=__version__,
        simulator=top.name,
        simulator_version=top.version,
        rungs=_rungs(trainers) if described.ladder.declared else (),
        pdk={"source": models.source, "version": models.version, "sha256": models.sha256},
        seeds={
            "search": described.search.seed,
            "weights": plan.weight_seed,
            "order": plan.order_seed,
            "noise": plan.noise_seed,
            "task": plan.task.seed,
            "mismatch": plan.scenario.mismatch_seed,
        },
        storage=JOURNAL if storage is None else public_url(storage),
        data=described.data,
        plugins=plugins_of(described),
    )
    manifest.write(layout)
    opened, group = open_storage(layout, storage or JOURNAL, told)
    return Opened(
        layout, create_study(opened, described, manifest, lambda: start), group, resumed=False
    )


def _resume(
    layout: Layout,
    described: StudyFile,
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
        "plugins": plugins_of(described),
    }
    if described.ladder.declared:
        start["rungs"] = _rungs(trainers)
    replace(begun, resumed=(*begun.resumed, start), schema=SCHEMA, data=described.data).write(
        layout
    )
    opened, group = open_storage(layout, storage or complete_url(begun.storage), told)
    return Opened(
        layout,
        create_study(opened, described, begun, lambda: start_points(described)),
        group,
        resumed=True,
    )


def _rungs(trainers: Sequence[Trainer]) -> tuple[dict[str, str], ...]:
    return tuple({"simulator": trainer.name, "version": trainer.version} for trainer in trainers)
