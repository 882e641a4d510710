# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep dashboard`: shows a study's storage in optuna-dashboard, also while the study runs.

The dashboard may only read, as the driver alone changes a study: every request that would write, such as
one that deletes or renames the study, is refused.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sweep._errors import SweepError
from sweep.results.files import Layout
from sweep.results.manifest import read_manifest
from sweep.search.storage import complete_url, open_for_reading, quiet

__all__ = ["Dashboard", "DashboardError"]

PORT = 8080

_HOST = "127.0.0.1"  # only this machine: the dashboard asks for no password
_PACKAGE, _MODULE = "optuna-dashboard", "optuna_dashboard"
_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_REFUSAL = b'{"reason": "This dashboard only shows the study: its driver alone may change it."}'


class DashboardError(SweepError):
    """optuna-dashboard is not installed, or cannot be served."""


class _Server(ThreadingMixIn, WSGIServer):
    """HTTP server with a daemon thread for each request, so that the program can end."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Writes no log of requests."""


class Dashboard:
    """A dashboard that is ready to be served; a context manager that closes its port at the end.

    **Arguments:**

    - `out`: the study's directory, finished or running.
    - `port`: on this machine; 0 for any free port.

    **Attributes:**

    - `url`: the page of the study.

    **Raises:** `DashboardError`; `StoreError` where there is no study.
    """

    def __init__(self, out: Path, *, port: int = PORT) -> None:
        layout = Layout(out)
        manifest = read_manifest(layout)
        if importlib.util.find_spec(_MODULE) is None:
            msg = f"{_PACKAGE} is not installed; install it: {sys.executable} -m pip install {_PACKAGE}"
            raise DashboardError(msg)
        from optuna_dashboard import wsgi  # noqa: PLC0415  (optional)

        quiet()
        storage = open_for_reading(layout, complete_url(manifest.storage))
        try:
            number = storage.get_study_id_from_name(manifest.name)
        except KeyError as error:
            msg = f"The storage {manifest.storage} holds no study {manifest.name!r} yet."
            raise DashboardError(msg) from error
        try:
            self._server = make_server(
                _HOST, port, _reading(wsgi(storage)), server_class=_Server, handler_class=_Quiet
            )
        except OSError as error:
            msg = f"Port {port} of {_HOST} cannot be used ({error.strerror}); give another --port."
            raise DashboardError(msg) from error
        self.url = f"http://{_HOST}:{self._server.server_port}/dashboard/studies/{number}"

    def serve(self) -> None:
        """Answers requests until the program is interrupted or another thread calls `close`."""
        self._server.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Ends `serve`."""
        self._server.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()


def _reading(app: WSGIApplication) -> WSGIApplication:
    """Returns the application with all requests refused that could write."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") in _READS:
            return app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [_REFUSAL]

    return answer
