# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `sweep`: how each command looks in a terminal. `sweep.app` does the work."""

from sweep.cli._study_commands import app, main

__all__ = ["app", "main"]
