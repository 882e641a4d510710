# SPDX-License-Identifier: GPL-3.0-or-later
"""ngspice on a slow machine."""

from __future__ import annotations

from pathlib import Path

from circuits.simulators import find

_PROGRAM = """\
#!/bin/sh
case "$*" in *--version*) ;; *) sleep {seconds} ;; esac
exec {ngspice} "$@"
"""


def install(path: Path, *, seconds: float) -> Path:
    """Put a program at `path` that is the ngspice of this machine, each run so much later."""
    path.write_text(_PROGRAM.format(ngspice=find("ngspice").executable, seconds=seconds))
    path.chmod(0o755)
    return path
