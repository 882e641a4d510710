# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody asks of the driver of a study: one word in a file that the driver looks at."""

from __future__ import annotations

from enum import StrEnum

from sweep.results.files import Layout, write_whole


class Request(StrEnum):
    """The words.

    - `STOP`: finish what is running, then end; the study can be resumed.
    - `DROP`: end at once; what was running is run again when the study is resumed.
    - `PAUSE`: begin nothing while the request is there.
    """

    STOP = "stop"
    DROP = "drop"
    PAUSE = "pause"


def read_request(layout: Layout) -> Request | None:
    """What is asked for now; None for nothing."""
    try:
        return Request(layout.request.read_text("ascii").strip())
    except (OSError, ValueError):
        return None


def write_request(layout: Layout, request: Request) -> None:
    """Ask for something. **Raises:** `OSError`."""
    write_whole(layout.request, f"{request}\n".encode())


def clear_request(layout: Layout) -> None:
    """Ask for nothing any more. **Raises:** `OSError`."""
    layout.request.unlink(missing_ok=True)
