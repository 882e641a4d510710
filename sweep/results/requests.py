# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to the driver of a study: one word in a file, which the driver reads again and again."""

from __future__ import annotations

from enum import StrEnum

from sweep.results.files import Layout, write_whole


class Request(StrEnum):
    """A request to the driver.

    - `STOP`: finish what is running, then end; the study can be resumed.
    - `DROP`: end at once; what was running is run again when the study is resumed.
    - `PAUSE`: begin nothing while the request is there.
    """

    STOP = "stop"
    DROP = "drop"
    PAUSE = "pause"


def read_request(layout: Layout) -> Request | None:
    """Returns the present request; None where there is none."""
    try:
        return Request(layout.request.read_text("ascii").strip())
    except (OSError, ValueError):
        return None


def write_request(layout: Layout, request: Request) -> None:
    """Write a request. **Raises:** `OSError`."""
    write_whole(layout.request, f"{request}\n".encode())


def clear_request(layout: Layout) -> None:
    """Remove the request. **Raises:** `OSError`."""
    layout.request.unlink(missing_ok=True)
