# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Ray nodes, several on one machine, each with its own resources."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.sweep.killing import NODE, below, descendants, wait_for_end
from tests.sweep.running import wait_until


class Cluster:
    """Nodes that `ray start` made; a context manager that ends them.

    **Attributes:** `address`, `environment`: by which a driver reaches them.
    """

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.directory = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
        self.environment = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        self._nodes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for node in self._nodes:
            self.kill(node)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, *, cores: int, simulator: Path) -> subprocess.Popen[bytes]:
        """Start a node with so many cores, on which this is ngspice; the first one is the head."""
        port = self.address.rpartition(":")[2]
        where = (
            [
                "--head",
                f"--port={port}",
                f"--temp-dir={self.directory}",
                "--include-dashboard=false",
            ]
            if not self._nodes
            else [f"--address={self.address}"]
        )
        command = [
            sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *where,
            f"--num-cpus={cores}", f"--object-store-memory={80 * 2**20}", "--disable-usage-stats",
        ]  # fmt: skip
        with (self.directory / f"node{len(self._nodes)}.log").open("wb") as log:
            node = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={
                    **os.environ,
                    **self.environment,
                    "ANALOG_SWEEP_NGSPICE": str(simulator),
                    "PYTHONPATH": os.pathsep.join(sys.path),
                },
            )
        self._nodes.append(node)
        wait_until(lambda: self._is_up(node), 60, "the node is up")
        return node

    def _is_up(self, node: subprocess.Popen[bytes]) -> bool:
        number = self._nodes.index(node)
        said = (self.directory / f"node{number}.log").read_text(errors="replace")
        assert node.poll() is None, said
        return "Ray runtime started" in said and bool(below(node.pid, NODE))

    def kill(self, node: subprocess.Popen[bytes]) -> None:
        """SIGKILL a whole node, as if its machine were gone."""
        family = descendants(node.pid)
        for pid in (node.pid, *family):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.wait()
        wait_for_end(family)
        time.sleep(0.1)
