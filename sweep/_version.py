# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the package, single-sourced."""

__version__ = "0.1.0"
