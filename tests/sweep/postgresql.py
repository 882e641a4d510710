# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of the tests' own, from Debian's package `postgresql`: a plugin."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Server:
    """A server that listens on a socket in a directory."""

    programs: Path
    directory: Path
    prefix: tuple[str, ...]

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's user."""
        command = [*self.prefix, str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def new_database(self, name: str) -> str:
        """Make an empty database. **Returns:** its URL."""
        self.run("createdb", "-h", str(self.directory), "-U", "postgres", name)
        return f"postgresql+psycopg://postgres@/{name}?host={self.directory}"

    def start(self) -> None:
        """Have it listen."""
        options = f"-c listen_addresses= -k {self.directory} -c max_connections=50"
        log = str(self.directory / "log")
        self.run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "start")

    def stop(self) -> None:
        """End it and all its connections at once."""
        self.run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    @property
    def _data(self) -> str:
        return str(self.directory / "data")


def missing() -> str:
    """What is missing for a server; empty if nothing is."""
    if _programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed (pip install 'psycopg[binary]')"
    return ""


def _programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    return max(found, default=Path(on_path).parent if on_path else None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A running server. It refuses to be root's, so root runs it as the package's user."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    programs = _programs()
    assert programs is not None
    directory = Path(tempfile.mkdtemp(prefix="postgresql-"))
    prefix: tuple[str, ...] = ()
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(directory, owner.pw_uid, owner.pw_gid)
        prefix = ("runuser", "-u", "postgres", "--")
    server = Server(programs, directory, prefix)
    try:
        data = str(directory / "data")
        server.run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
