# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands with mounts, or a network, of their own, as containers have them."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def with_own_mounts(*command: str, before: str = "") -> list[str]:
    """A command whose mounts nobody else sees; skips where the machine allows none.

    **Arguments:**

    - `before`: shell commands that are run before it, among these mounts.
    """
    return _unshare(["--mount"], command, before)


def with_own_network(*command: str, before: str = "") -> list[str]:
    """The same with a network of its own, which has the loopback address only, and own mounts."""
    return _unshare(["--mount", "--net"], command, f"ip link set lo up; {before}")


def _unshare(kinds: list[str], command: tuple[str, ...], before: str) -> list[str]:
    for user in ([], ["--map-root-user"]):
        unshare = ["unshare", *kinds, *user]
        if (
            shutil.which("unshare")
            and not subprocess.run([*unshare, "true"], check=False).returncode
        ):
            return [*unshare, "sh", "-ec", f'{before}\nexec "$0" "$@"', *command]
    pytest.skip(f"this machine allows no namespaces of one's own (unshare {' '.join(kinds)})")
