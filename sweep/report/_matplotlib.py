# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory for what matplotlib keeps; it would write to the home directory, or complain."""

from __future__ import annotations

import os
from contextlib import suppress

from pdk import CacheError
from pdk._cache import writable_directory

_VARIABLE = "MPLCONFIGDIR"


def prepare_matplotlib() -> None:
    """Has matplotlib keep its list of fonts in the cache, unless the user names a directory."""
    if _VARIABLE not in os.environ:
        with suppress(CacheError):  # then it takes a temporary one
            os.environ[_VARIABLE] = str(writable_directory("matplotlib"))
