# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of speed: each a ratio against a baseline that is measured in the same run."""
