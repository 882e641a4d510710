# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in headless Chromium: what a script that acts as a reader finds there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.chromium import Chromium


def visit(page: str, act: str, directory: Path, *, width: int = 1200, address: str = "") -> Any:
    """What JavaScript code returns in a page; it fails if anything is written to the console.

    **Arguments:**

    - `page`: its HTML.
    - `act`: the body of an asynchronous function; `sleep(ms)` waits.
    - `directory`: for files.
    - `width`: of the window, CSS pixels.
    - `address`: what comes behind the file's name, such as `#trial-3`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "visited.html"
    file.write_text(page, encoding="utf-8")
    with Chromium(directory) as browser:
        browser.window(width)
        browser.open(file.as_uri() + address)
        seen = browser.does(act)
        assert browser.does("return errors;") == []
    return seen
