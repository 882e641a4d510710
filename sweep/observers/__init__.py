# SPDX-License-Identifier: GPL-3.0-or-later
"""Observers of a running study: a live table or lines of text for people, JSON for programs."""
