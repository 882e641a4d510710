# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep stop` and `sweep pause`: requests to the driver that works on a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep._errors import SweepError
from sweep.app.status import driver_of
from sweep.results.files import Layout
from sweep.results.manifest import read_manifest
from sweep.results.requests import Request, clear_request, write_request

__all__ = ["NoDriverError", "Request", "Steered", "steer"]

_WORDS = {
    Request.STOP: "ends when its running simulations have; go on with --resume",
    Request.DROP: "ends without waiting for its running simulations; go on with --resume",
    Request.PAUSE: "begins nothing more until `sweep pause --continue`",
    None: "goes on",
}


class NoDriverError(SweepError):
    """No driver of this machine works on the study, so none can receive a request."""


@dataclass(frozen=True, slots=True)
class Steered:
    """A request that was sent to a driver of this machine; `request` is None for a paused driver to continue."""

    out: Path
    driver: int
    request: Request | None

    def __str__(self) -> str:
        return f"the driver of {self.out} (process {self.driver}) {_WORDS[self.request]}"

    def to_json(self) -> dict[str, Any]:
        """Returns the record as plain values."""
        request = None if self.request is None else str(self.request)
        return {"out": str(self.out), "driver": self.driver, "request": request}


def steer(out: Path, request: Request | None) -> Steered:
    """Sends a request to the driver of a study.

    **Arguments:**

    - `out`: the study's directory.
    - `request`: to stop, drop or pause; None for a paused driver to continue.

    **Raises:** `StoreError` where there is no study, `NoDriverError` where no driver of this machine
    works on it, `SweepError` where the request cannot be written.
    """
    layout = Layout(out)
    read_manifest(layout)
    driver = driver_of(layout)
    if driver is None:
        msg = (
            f"No driver works on {out} on this machine, so there is nothing to stop; if it runs on "
            "another one, ask there."
        )
        raise NoDriverError(msg)
    try:
        if request is None:
            clear_request(layout)
        else:
            write_request(layout, request)
    except OSError as error:
        msg = f"{layout.request} cannot be written: {error.strerror}; send SIGINT to {driver}."
        raise SweepError(msg) from error
    return Steered(out, driver, request)
