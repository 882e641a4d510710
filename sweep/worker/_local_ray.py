# SPDX-License-Identifier: GPL-3.0-or-later
"""Ray on this machine: its start, the environment of its processes, their end, their messages.

Ray's processes import modules from the same directories as this process, in the same order, and from
no others: by default Ray puts the current directory first, whose files may be anybody's. They connect
to each other on the loopback address only: by default Ray takes the machine's address in the network,
and ends when a laptop loses it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import socket
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FORMER = "ANALOG_SWEEP_FORMER_ENVIRONMENT"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - Ray's own choice, which is looked at only
_LOOPBACK = "127.0.0.1"
_LOOPBACK_NAMES = (_LOOPBACK, "localhost", "::1", "[::1]")
_LOOPBACK_SECONDS = 5.0
_ESSENTIAL = ("gcs_server", "raylet")
_LOGS = tuple(
    f"logs/{name}*"
    for name in (*_ESSENTIAL, "dashboard_agent", "runtime_env_agent", "python-core-driver")
)
_UNUSED = {"no_monitor": True, "include_log_monitor": False}
_SLOW = "Timed out waiting for file"
_KEPT_BYTES = 2**20
_WORDS = 300
_FATAL = re.compile(r"^\[[^]]* C \d+ \d+\] (?:\(\w+\) )?(.*)$", re.MULTILINE)


def start(ray: Any, *, directory: Path, **options: Any) -> None:
    """Start Ray on this machine, for this process alone.

    **Arguments:**

    - `ray`: the module.
    - `directory`: directory for its files.
    - `options`: further options of `ray.init`.

    **Raises:** `OSError` without a loopback address, and any error of Ray.
    """
    _check_loopback()
    # A container's shared memory may be read-only; what Ray keeps there is small.
    shared = os.access(_SHARED_MEMORY, os.W_OK | os.X_OK)

    def init() -> None:
        ray.init(
            address="local",
            job_config=job_config(ray, allowed=()),
            include_dashboard=False,
            _plasma_directory=None if shared else str(directory),
            _temp_dir=str(directory),
            **options,
        )

    with _surroundings(ray), _few_processes():
        try:
            init()
        except Exception:
            # Ray gives its parts 15 s, which on a machine with much other work may be too short.
            if not any(_SLOW in _fatal(path) for path in _logs(directory)):
                raise
            ray.shutdown()
            init()


def job_config(ray: Any, *, allowed: Iterable[str]) -> Any:
    """Returns a `JobConfig` of Ray with which workers get only the `allowed` paths of those Ray adds."""
    config = ray.job_config.JobConfig()
    config._py_driver_sys_path = _Paths(allowed)  # noqa: SLF001 - Ray has no other way
    return config


@contextmanager
def joined_at(ray: Any, address: str) -> Iterator[None]:
    """Make `ray.init` inside join a cluster at this machine's loopback address by that address.

    Ray takes a loopback address for the machine's own in the network, on which a Ray that was
    started by `start` does not listen. One that listens there is left to Ray's rule.

    **Arguments:**

    - `ray`: the module.
    - `address`: host and port of the cluster.
    """
    host, _, port = address.rpartition(":")
    network = ray.util.get_node_ip_address()
    if host not in _LOOPBACK_NAMES or _answers(network, int(port)):
        yield
        return
    with _without_network():
        yield


def dead_part(ray: Any) -> str:
    """Returns the name of an essential process of a Ray started here that has died; empty for none."""
    node = ray._private.worker._global_node  # noqa: SLF001 - Ray has no other way
    if node is None:
        return ""
    dead = {kind for kind, _ in node.dead_processes()}
    return next((kind for kind in _ESSENTIAL if kind in dead), "")


def restore_environment() -> None:
    """Give a worker's children the environment that the driver was started with."""
    former = os.environ.pop(_FORMER, None)
    if former is not None:
        _set(json.loads(former))


def kept_words(directory: Path, to: Path | None) -> str:
    """Copy the logs of Ray's processes, and return the message of one that ended with an error.

    **Arguments:**

    - `directory`: that of `start`, which is removed when the driver ends.
    - `to`: directory for the copies, which is not removed; None to copy nothing.

    **Returns:** sentences with a space before each; empty where there is nothing to report.
    """
    logs = _logs(directory)
    words = [f"Its {path.stem} said: {said}" for path in logs if (said := _fatal(path))][:1]
    if _SLOW in "".join(words):
        words.append("The machine may have too much other work; try again when it has less.")
    if to is not None and _keep(logs, to):
        words.append(f"Its messages are in {to}.")
    return "".join(
        f" {textwrap.shorten(sentence, _WORDS, placeholder=' ...')}" for sentence in words
    )


def _logs(directory: Path) -> list[Path]:
    """The files that Ray's own processes have written something to, the most telling ones first."""
    sessions = [path for path in directory.glob("session_*") if not path.is_symlink()]
    found = [path for each in sessions for kind in _LOGS for path in sorted(each.glob(kind))]
    return [path for path in found if path.is_file() and path.stat().st_size]


def _keep(logs: Sequence[Path], to: Path) -> bool:
    """Copy the ends of files. **Returns:** whether that could be done."""
    try:
        to.mkdir(parents=True, exist_ok=True)
        for path in logs:
            (to / path.name).write_bytes(_end(path))
    except OSError:
        return False
    return bool(logs)


def _end(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _KEPT_BYTES))
        return file.read()


def _fatal(path: Path) -> str:
    """Returns the fatal message in a log of Ray; empty where there is none."""
    found = _FATAL.search(_end(path).decode(errors="replace"))
    return " ".join(found[1].split()).rpartition("Check failed: ")[2] if found else ""


class _Paths(list[str]):
    """Paths for the modules of workers; Ray adds some to them on its way."""

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__()
        self._allowed = frozenset(allowed)

    def extend(self, paths: Iterable[str]) -> None:
        super().extend(path for path in paths if path in self._allowed)


def module_path() -> list[str]:
    """The directories and archives that this process imports modules from; absolute paths."""
    found = (Path(entry).absolute() for entry in sys.path)
    return [str(path) for path in found if path.exists()]


def _python_path(ray: Path) -> list[str]:
    """All of this process's paths for modules, in its order, as `PYTHONPATH` takes them.

    Those that a new interpreter has by itself are among them: it would put them behind all others,
    and does not take a path twice. Those of Ray's own directory are not, as Ray puts them in front
    whenever it is imported; nor are relative ones that are no directory, which only an import hook
    of this process understands.
    """
    paths = [Path(entry) for entry in sys.path]
    places = [path.absolute() for path in paths if path.is_absolute() or path.exists()]
    return [
        str(place)
        for place in places
        if os.pathsep not in str(place) and not place.is_relative_to(ray)
    ]


@contextmanager
def _few_processes() -> Iterator[None]:
    """Have Ray start neither its autoscaler nor its reader of logs: half of its time and memory."""
    module: Any = importlib.import_module("ray._private.parameter")
    original = module.RayParams
    known = inspect.signature(original).parameters
    unused = {name: value for name, value in _UNUSED.items() if name in known}
    module.RayParams = lambda **given: original(**{**given, **unused})
    try:
        yield
    finally:
        module.RayParams = original


@contextmanager
def _surroundings(ray: Any) -> Iterator[None]:
    """The environment that Ray's processes inherit, for as long as they are started."""
    changed: dict[str, str | None] = {
        "PYTHONPATH": os.pathsep.join(_python_path(Path(ray.__file__).parent)),
        "PYTHONSAFEPATH": "1",
        "PYTHONOPTIMIZE": None,  # Ray looks into its docstrings
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # so it stays on the loopback address
        "RAY_REDIS_ADDRESS": None,  # of a cluster
    }
    former = {name: os.environ.get(name) for name in changed}
    _set({**changed, _FORMER: json.dumps(former)})
    try:
        with _without_network():
            yield
    finally:
        _set({**former, _FORMER: None})


@contextmanager
def _without_network() -> Iterator[None]:
    """Have Ray in this process, which may have been imported long ago, use the loopback address."""
    constants: Any = importlib.import_module("ray._private.ray_constants")
    clusters = constants.ENABLE_RAY_CLUSTER
    constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = clusters


def _answers(host: str, port: int) -> bool:
    """True where a program accepts connections at an address of this machine."""
    try:
        socket.create_connection((host, port), _LOOPBACK_SECONDS).close()
    except OSError:
        return False
    return True


def _set(variables: Mapping[str, str | None]) -> None:
    """Set environment variables; those that are None are removed."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _check_loopback() -> None:
    """Check the loopback address, for which Ray would take minutes. **Raises:** `OSError`."""
    with socket.create_server((_LOOPBACK, 0)) as server:
        socket.create_connection(server.getsockname(), _LOOPBACK_SECONDS).close()
