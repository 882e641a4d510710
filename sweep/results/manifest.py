# SPDX-License-Identifier: GPL-3.0-or-later
"""`Manifest`: where the results of a study come from."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sweep.results.files import Layout, StoreError, write_whole

SCHEMA = 4
_READ = (1, 2, 3, 4)
# 1: no ladder; 2: epochs do not tell whether they were cached; 3: nothing of data, packages, junctions
WITH_JUNCTIONS = 4
"""First schema with junction areas; studies of earlier ones ran without them, and had no field for it."""

EXTENDED = "extended_from"
"""Key of a later start in a manifest: the fingerprint that the study had before it."""

JOURNAL = "journal.log"


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `manifest.json` says about a study.

    **Attributes:**

    - `name`, `fingerprint`: of the study, as this version of the program saw it; up to schema 3
      without its data.
    - `data`: SHA-256 of its task's data; empty where that was not written down.
    - `study_sha256`: of the text of `study.toml`.
    - `study_source`: the file that this was copied from.
    - `package_version`: of this program.
    - `simulator`, `simulator_version`: what runs the simulations; with a ladder, of the last rung.
    - `plugins`: what of installed packages it uses: `kind`, `name`, `package`, `version` and
      `sha256` (of the source file); None where that was not written down.
    - `rungs`: `simulator` and `version` of each rung of a ladder; empty without one.
    - `pdk`: `source`, `version` and `sha256` of the transistor models.
    - `seeds`: `search`, `weights`, `order`, `task` and `mismatch` (None for none).
    - `storage`: `"journal.log"`, or the URL of an Optuna storage, its password left out.
    - `host`, `python`, `created`: machine, Python version and time (UTC) of the first start.
    - `resumed`: the later starts, each with `at`, `host`, `package_version`, `simulator_version`,
      `pdk_sha256`, `pdk_source`, `plugins` and, of a ladder, `rungs`.
    """

    name: str
    fingerprint: str
    study_sha256: str
    study_source: str
    package_version: str
    simulator: str
    simulator_version: str
    pdk: Mapping[str, str]
    seeds: Mapping[str, int | None]
    rungs: tuple[Mapping[str, str], ...] = ()
    storage: str = JOURNAL
    data: str = ""
    plugins: Sequence[Mapping[str, str]] | None = None
    host: str = field(default_factory=platform.node)
    python: str = field(default_factory=platform.python_version)
    created: str = field(default_factory=now)
    resumed: tuple[Mapping[str, Any], ...] = ()
    schema: int = SCHEMA

    @property
    def extended_from(self) -> set[str | None]:
        """The fingerprints that the study had before it was extended; None for other starts."""
        return {start.get(EXTENDED) for start in self.resumed}

    def write(self, layout: Layout) -> None:
        """Write `manifest.json`, completely or not at all."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_whole(layout.manifest, text.encode())


def read_manifest(layout: Layout) -> Manifest:
    """Reads the manifest of a study's directory.

    **Raises:** `StoreError` where there is none, or one of another schema.
    """
    try:
        content: dict[str, Any] = json.loads(layout.manifest.read_text("utf-8"))
        if content.get("schema") not in _READ:
            msg = (
                f"{layout.manifest} has schema {content.get('schema')!r}, and this version reads "
                f"{', '.join(map(str, _READ))}; use the analog-sweep that wrote it ({content.get('package_version')})."
            )
            raise StoreError(msg)
        content["resumed"] = tuple(content["resumed"])
        content["rungs"] = tuple(content.get("rungs", ()))
        return Manifest(**content)
    except FileNotFoundError as error:
        msg = (
            f"{layout.out} holds no study: there is no {layout.manifest.name} in it; name the "
            "directory given to `sweep run --out`."
        )
        raise StoreError(msg) from error
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{layout.manifest} cannot be read: {error}."
        raise StoreError(msg) from error
