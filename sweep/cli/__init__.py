# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line `sweep`: options and output of each command. `sweep.app` does the work."""

from sweep.cli._study_commands import app, main

__all__ = ["app", "main"]
