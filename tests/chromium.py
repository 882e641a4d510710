# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium, driven over its debugging pipe: windows of any size, real clocks, print.

The protocol is https://chromedevtools.github.io/devtools-protocol/, each message ended by a zero byte.
"""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_LISTEN = """
window.errors = [];
window.addEventListener("error", (event) => errors.push(String(event.message)));
window.addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
for (const name of ["error", "warn"]) {
  const original = console[name];
  console[name] = (...words) => { errors.push(words.join(" ")); original(...words); };
}
const sleep = (time) => new Promise((done) => setTimeout(done, time));
"""
_PATIENCE = 240.0
_HIGH = 10  # of file descriptors, out of the way of the two that Chromium takes


class ChromiumError(Exception):
    """Chromium refused, ended, or did not answer."""


class Chromium:
    """A browser with one page; `errors` of the page collects what is written to its console.

    **Arguments:**

    - `directory`: for its profile.
    """

    def __init__(self, directory: Path) -> None:
        read, self._to = os.pipe()
        self._from, write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in (read, write)]

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [
                str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
                "--enable-unsafe-swiftshader", f"--user-data-dir={directory / 'profile'}",
                "--remote-debugging-pipe", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=place, close_fds=False,  # noqa: PLW1509 - it only moves two descriptors
        )  # fmt: skip
        for end in (read, write, *ends):
            os.close(end)
        self._numbers, self._rest = itertools.count(1), b""
        self._events: list[Mapping[str, Any]] = []
        targets = self._ask("Target.getTargets", {}, {})["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self._ask("Target.attachToTarget", {}, {"targetId": page, "flatten": True})
        self._session: str = attached["sessionId"]
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=_LISTEN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def call(self, method: str, **parameters: Any) -> Any:
        """What a method of the protocol, asked of the page, returns.

        **Raises:** `ChromiumError`.
        """
        return self._ask(method, {"sessionId": self._session}, parameters)

    def _ask(self, method: str, whom: Mapping[str, str], parameters: Mapping[str, Any]) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **whom}
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            said = self._next()
            if said.get("id") == number:
                if "error" in said:
                    raise ChromiumError(f"{method}: {said['error']['message']}")
                return said["result"]
            if "method" in said:
                self._events.append(said)

    def wait(self, event: str) -> None:
        """Until an event that has not been waited for yet."""
        while not any(said["method"] == event for said in self._events):
            said = self._next()
            if "method" in said:
                self._events.append(said)
        place = [said["method"] for said in self._events].index(event)
        del self._events[: place + 1]

    def window(
        self, width: int, height: int = 900, *, dark: bool = False, scale: float = 1.0
    ) -> None:
        """A window of a size in CSS pixels, in light or dark colours."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, address: str) -> None:
        """Load a page."""
        self._events.clear()
        failed = self.call("Page.navigate", url=address).get("errorText")
        if failed:
            raise ChromiumError(f"{address}: {failed}")
        self.wait("Page.loadEventFired")

    def does(self, act: str) -> Any:
        """What the body of an asynchronous function returns in the page; `sleep(ms)` waits.

        **Raises:** `ChromiumError` for what it throws.
        """
        said = self.call(
            "Runtime.evaluate", expression=f"(async () => {{ {act} }})()",
            awaitPromise=True, returnByValue=True,
        )  # fmt: skip
        if "exceptionDetails" in said:
            details = said["exceptionDetails"]
            raise ChromiumError(details.get("exception", details).get("description", details))
        return said["result"].get("value")

    def picture(self) -> bytes:
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def printed(self) -> bytes:
        """The page as PDF, on A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True, **paper)["data"])

    def processor_time(self) -> float:
        """What showing pages has taken so far, s of processor time."""
        told = self._ask("SystemInfo.getProcessInfo", {}, {})["processInfo"]
        return float(sum(each["cpuTime"] for each in told if each["type"] == "renderer"))

    def _next(self) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._from], [], [], _PATIENCE)[0]:
                raise ChromiumError(f"no answer within {_PATIENCE:.0f} s")
            read = os.read(self._from, 1 << 20)
            if not read:
                raise ChromiumError("it has ended")
            self._rest += read
        text, _, self._rest = self._rest.partition(b"\0")
        said: Mapping[str, Any] = json.loads(text)
        return said
