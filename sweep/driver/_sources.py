# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the program, simulators, models and packages that compute a study, and their changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from circuits import ROLES, Trainer, origin
from objectives import METRICS, TASKS
from sweep._version import __version__
from sweep.results.files import StoreError
from sweep.results.manifest import Manifest
from sweep.study.study_file import StudyFile


def plugins_of(study: StudyFile) -> list[dict[str, str]]:
    """Returns the tasks, objectives and parts of a study that installed packages provide, for its manifest."""
    metrics = {*study.search.objectives, *(bound.metric for bound in study.search.constraints)}
    used: list[tuple[str, Mapping[str, Any], Sequence[str]]] = [
        ("task", TASKS, [study.plan.task.name]),
        ("objective", METRICS, sorted(metrics)),
        *(
            (role.name, role.kinds, study.space.kinds[role.name])
            for role in ROLES.values()
            if role.kinds is not None
        ),
    ]
    return [
        {
            "kind": kind,
            "name": name,
            "package": found.package,
            "version": found.version,
            "sha256": found.sha256,
        }
        for kind, registry, names in used
        for name in names
        if (found := origin(registry, name)) is not None
    ]


def check_data(manifest: Manifest, study_file: StudyFile, out: Path) -> None:
    """Checks that the task of a resumed study gives the same points as before.

    **Arguments:**

    - `manifest`: of the study in its directory. The manifest of an early version without data passes.
    - `study_file`: the study file, with the data that its task gives now.
    - `out`: the study's directory, for the message.

    **Raises:** `StoreError` where the points differ.
    """
    if not manifest.data or manifest.data == study_file.data:
        return
    task = study_file.plan.task.name
    packages = [entry for entry in plugins_of(study_file) if entry["kind"] == "task"]
    source = f" ({packages[0]['package']} {packages[0]['version']})" if packages else ""
    msg = (
        f"{out} was begun with other data: task {task!r}{source} gives other points now than it did "
        f"then, and their trials cannot be compared; bring the data back, or start another study "
        "with another --out."
    )
    raise StoreError(msg)


def changes(begun: Manifest, study: StudyFile, trainers: Sequence[Trainer]) -> Iterator[str]:
    """Describes what has changed since a study's last start, so that its trials may not be comparable.

    **Arguments:**

    - `begun`: the study's manifest.
    - `study`: the study file.
    - `trainers`: one for each rung, the last rung's last.

    **Returns:** one sentence for each change.
    """
    last: dict[str, Any] = {
        "package_version": begun.package_version,
        "simulator_version": begun.simulator_version,
        "pdk_sha256": begun.pdk.get("sha256", ""),
        "rungs": begun.rungs,
        "plugins": begun.plugins,
    }
    for start in begun.resumed:
        last |= start
    found = [*_of_program(last, trainers), *_of_packages(last["plugins"], plugins_of(study))]
    for words in found:
        yield f"{words}; trials from before may differ from those to come"
    if not begun.data:
        yield (
            f"the data of task {study.plan.task.name!r} were not written down when this study began; "
            "they are from now on"
        )


def _of_program(last: Mapping[str, Any], trainers: Sequence[Trainer]) -> Iterator[str]:
    if last["package_version"] != __version__:
        yield f"analog-sweep was {last['package_version']}, and is {__version__} now"
    top = trainers[-1]
    before = {top.name: last["simulator_version"]}
    before |= {rung["simulator"]: rung["version"] for rung in last["rungs"]}
    for trainer in {trainer.name: trainer for trainer in trainers}.values():
        version = before.get(trainer.name, trainer.version)
        if version != trainer.version:
            yield f"{trainer.name} was {version}, and is {trainer.version} now"
    if last["pdk_sha256"] != top.models.sha256:
        yield (
            f"the transistor models were others (SHA-256 {last['pdk_sha256'][:12]}, "
            f"{top.models.sha256[:12]} now)"
        )


def _of_packages(
    before: Sequence[Mapping[str, str]] | None, now: Sequence[Mapping[str, str]]
) -> Iterator[str]:
    known = {(entry["kind"], entry["name"]): entry for entry in before or ()}
    for entry in now:
        was = known.get((entry["kind"], entry["name"]))
        if was is None or was == entry:
            continue
        what = f"{entry['kind']} {entry['name']}"
        old, new = (f"{each['package']} {each['version']}".strip() for each in (was, entry))
        if old != new:
            yield f"{what} came from {old}, and comes from {new} now"
        else:
            yield f"the code of {what} ({new}) has changed"
