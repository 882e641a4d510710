# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep report`: a study as one HTML page that needs nothing else, not even a network."""

from __future__ import annotations

from sweep.report._findings import Findings, find_out
from sweep.report._matplotlib import prepare_matplotlib
from sweep.report._page import page

__all__ = ["Findings", "find_out", "page"]

prepare_matplotlib()
