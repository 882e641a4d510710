# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the driver what a worker prepares, by a small file for each task that is being prepared."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from circuits.preparation import Stage

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class StageFile:
    """A listener to preparations that keeps the current stage of a task in a file.

    Preparation does not depend on whether the driver can be told of it, so errors are ignored.

    **Attributes:**

    - `directory`: the driver's directory, on this machine.
    - `ticket`: ticket of the task.
    """

    directory: Path
    ticket: int

    def __call__(self, stage: Stage | None) -> None:
        """Write the stage, or remove the file where the preparation has ended."""
        path = self.directory / f"{self.ticket}{_SUFFIX}"
        with suppress(OSError):
            if stage is None:
                path.unlink(missing_ok=True)
                return
            scratch = path.with_suffix(".new")
            scratch.write_text(json.dumps(asdict(stage)))
            scratch.replace(path)


def stages_in(directory: Path) -> dict[int, Stage]:
    """Returns the stages of all tasks that are being prepared, by ticket."""
    found = {}
    for path in directory.glob(f"*{_SUFFIX}"):
        with suppress(OSError, ValueError, TypeError):  # it has ended meanwhile
            found[int(path.stem)] = Stage(**json.loads(path.read_text()))
    return found
