# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in headless Chromium: what a script that acts as a reader finds there."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_LISTEN = """\
<script>
window.errors = [];
window.addEventListener("error", (event) => errors.push(String(event.message)));
window.addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
for (const name of ["error", "warn"]) {
  const original = console[name];
  console[name] = (...words) => { errors.push(words.join(" ")); original(...words); };
}
</script>"""

_ACT = """\
<script>
const sleep = (time) => new Promise((done) => setTimeout(done, time));
const told = (seen) => {
  const place = document.createElement("pre");
  place.id = "told";
  place.textContent = JSON.stringify(seen);
  document.body.append(place);
};
(async () => { let seen; try { seen = await (async () => { %s })(); } catch (e) { errors.push(String(e)); }
  told({ seen, errors }); })();
</script>"""


def visit(
    page: str, act: str, directory: Path, *, width: int = 1200, address: str = "", wait: bool = True
) -> Any:
    """What JavaScript code returns in a page; it fails if anything is written to the console.

    **Arguments:**

    - `page`: its HTML.
    - `act`: the body of an asynchronous function; `sleep(ms)` waits.
    - `directory`: for files.
    - `width`: of the window, CSS pixels.
    - `address`: what comes behind the file's name, such as `#trial-3`.
    - `wait`: let virtual time pass, in which all that is asynchronous ends; without it the code must
      not wait, and clocks are real.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "visited.html"
    before, after = page.replace("<head>", "<head>" + _LISTEN, 1).rsplit("</body>", 1)
    file.write_text(f"{before}{_ACT % act}</body>{after}", encoding="utf-8")
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
        f"--user-data-dir={directory / 'profile'}", f"--window-size={width},900",
        *(["--virtual-time-budget=60000"] if wait else []), "--dump-dom", file.as_uri() + address,
    ]  # fmt: skip
    shown = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=True, stdin=subprocess.DEVNULL
    ).stdout
    found = re.search(r'<pre id="told">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None, "the script did not come to its end"
    told = json.loads(html.unescape(found[1]))
    assert told["errors"] == []
    return told["seen"]
