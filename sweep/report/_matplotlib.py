# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets a directory for matplotlib's files, so that it does not write to the home directory."""

from __future__ import annotations

import os
from contextlib import suppress

from pdk import CacheError
from pdk._cache import writable_directory

_VARIABLE = "MPLCONFIGDIR"


def prepare_matplotlib() -> None:
    """Lets matplotlib keep its list of fonts in the cache, unless the user has set a directory."""
    if _VARIABLE not in os.environ:
        with suppress(CacheError):  # matplotlib then uses a temporary directory
            os.environ[_VARIABLE] = str(writable_directory("matplotlib"))
