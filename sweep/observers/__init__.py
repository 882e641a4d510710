# SPDX-License-Identifier: GPL-3.0-or-later
"""Observers of a running study: a live board or lines for people, JSON for programs."""
