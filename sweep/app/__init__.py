# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: one module for each command, without terminal output. The Python API and the command line use it."""
