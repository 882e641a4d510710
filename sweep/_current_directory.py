# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sweep` has Python look for modules in the current directory first, whose files may be anybody's."""

import os
import sys


def leave_out() -> None:
    """Take the current directory out of the path for modules where `-m` has put it.

    It stays where this program itself lies in it.
    """
    if sys.argv[:1] != ["-m"] or sys.flags.safe_path:
        return
    try:
        here = os.getcwd()  # noqa: PTH109 - `pathlib` would be looked for there
    except OSError:
        return
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120
    if sys.path[0] in {"", here} and os.path.realpath(here) != own:
        del sys.path[0]
