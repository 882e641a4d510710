# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep doctor`: what a study needs of this machine, what is there, and what installs the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sweep._version import __version__

_DISTRIBUTION = "analog-sweep"
_PYTHON = ((3, 11), (3, 14))
_GIB = 2**30
_MEMORY = 2 * _GIB  # Ray and its processes take about half of it, each simulation some 100 MB
_DISK = 1 * _GIB
_REQUIREMENTS = (  # where the distribution is not installed and cannot be asked
    "cmaes", "numpy", "optuna", "pandas", "platformdirs", "plotly", "psutil", "pydantic",
    "PySpice", "quantiphy", "ray", "rich", "scipy", "typer",
)  # fmt: skip
_OPTIONAL = {"optuna-dashboard": "command `sweep dashboard`", "torch": "GP sampler"}
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*(?:>=\s*(?P<low>[\d.]+))?")


class State(StrEnum):
    """How a check ended; only `MISSING` keeps studies from running."""

    OK = "ok"
    OPTIONAL = "optional"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the examination.

    **Attributes:**

    - `group`: `python`, `packages`, `simulators`, `models` or `machine`.
    - `name`: what was looked at.
    - `state`: how it is.
    - `found`: what is there, in words.
    - `remedy`: the command or step that helps; empty where all is well.
    - `sha256`: of the transistor models; empty for all else.
    """

    group: str
    name: str
    state: State
    found: str
    remedy: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All checks of this machine."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether a study can run."""
        return all(check.state is not State.MISSING for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The checks as plain values."""
        return {
            "ok": self.ok,
            "version": __version__,
            "checks": [asdict(check) for check in self.checks],
        }


def examine(pdk_path: Path | None = None) -> Examination:
    """Look at everything that a study needs, without starting or downloading anything.

    **Arguments:**

    - `pdk_path`: where a study file says that the transistor models are.
    """
    return Examination(
        (
            _python(),
            *_packages(),
            *_simulators(),
            _models(pdk_path),
            *_machine(),
        )
    )


def _python() -> Check:
    low, high = _PYTHON
    version = ".".join(map(str, sys.version_info[:3]))
    found = f"{version}, {sys.executable}"
    if low <= sys.version_info[:2] < high:
        return Check("python", "Python", State.OK, found)
    return Check(
        "python", "Python", State.MISSING, found,
        "use Python 3.11, 3.12 or 3.13 (Debian: sudo apt-get install python3 python3-venv)",
    )  # fmt: skip


def _packages() -> list[Check]:
    checks = [_package(name, low) for name, low in _requirements()]
    for name, purpose in _OPTIONAL.items():
        version = _version(name)
        found = version or f"not installed; only the {purpose} needs it"
        state = State.OK if version else State.OPTIONAL
        remedy = "" if version else f"{sys.executable} -m pip install {name}"
        checks.append(Check("packages", name, state, found, remedy))
    return checks


def _requirements() -> list[tuple[str, str]]:
    """Name and oldest version (or "") of each package that this one declares to need."""
    try:
        declared = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        declared = list(_REQUIREMENTS)
    parsed = []
    for requirement in declared:
        match = _REQUIREMENT.match(requirement)
        if match and "extra ==" not in requirement:
            parsed.append((match["name"], match["low"] or ""))
    return sorted(parsed, key=lambda entry: entry[0].lower())


def _package(name: str, low: str) -> Check:
    version = _version(name)
    wanted = f"'{name}>={low}'" if low else name
    install = f"{sys.executable} -m pip install {wanted}"
    if version is None:
        return Check("packages", name, State.MISSING, "not installed", install)
    if _numbers(version) < _numbers(low):
        return Check("packages", name, State.MISSING, f"{version}; {low} is needed", install)
    return Check("packages", name, State.OK, version)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _simulators() -> list[Check]:
    try:
        from circuits.simulators import available  # noqa: PLC0415  (it needs packages to be there)
    except ImportError as error:
        return [_not_looked_at("simulators", "simulators", error)]
    found = available()
    usable = [entry.name for entry in found if entry.problem is None]
    checks = []
    for entry in found:
        place = "not installed"
        if entry.path is not None:
            place = f"{entry.version or 'unknown version'}, {entry.path}"
        if entry.problem is None:
            taken = "; taken by auto" if entry.name == usable[0] else ""
            checks.append(Check("simulators", entry.name, State.OK, place + taken))
        else:
            state = State.OPTIONAL if usable else State.MISSING
            checks.append(Check("simulators", entry.name, state, place, _step(entry.problem)))
    return checks


def _step(problem: str) -> str:
    """The part of a simulator's problem that says what to do."""
    _, _, install = problem.partition("install it: ")
    return install.rstrip(".") or problem


def _models(path: Path | None) -> Check:
    name = "models"
    try:
        import pdk  # noqa: PLC0415  (it needs packages to be there)
    except ImportError as error:
        return _not_looked_at("models", name, error)
    try:
        models = pdk.locate(path, download=False)
    except pdk.ModelsNotFoundError as error:
        if path is not None:
            return Check("models", name, State.MISSING, str(error), "correct the path")
        return Check(
            "models", name, State.WARNING, "not on this machine; the first study downloads them",
            f"{sys.executable} -c 'import pdk; pdk.locate()'",
        )  # fmt: skip
    except pdk.PdkError as error:
        return Check("models", name, State.MISSING, str(error), "do what is said there")
    found = f"SkyWater 130 {models.version}, {models.source}"
    return Check("models", name, State.OK, found, sha256=models.sha256)


def _not_looked_at(group: str, name: str, error: ImportError) -> Check:
    missing = error.name or str(error)
    return Check(
        group, name, State.MISSING, f"could not be looked at: package {missing} is missing",
        f"{sys.executable} -m pip install {_DISTRIBUTION}",
    )  # fmt: skip


def _machine() -> list[Check]:
    cores = len(os.sched_getaffinity(0))
    return [
        Check("machine", "cores", State.OK, f"{cores}; as many simulations run at once"),
        _memory(),
        _disk(),
        _ray(),
    ]


def _memory() -> Check:
    total, free = _memory_bytes()
    found = f"{free / _GIB:.1f} GiB free of {total / _GIB:.1f} GiB"
    if free < _MEMORY:
        return Check("machine", "memory", State.WARNING, found, "use fewer workers: --workers 1")
    return Check("machine", "memory", State.OK, found)


def _memory_bytes() -> tuple[int, int]:
    """All memory and what is free of it, as the kernel tells."""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    kilobytes = {key: int(value) for key, value in re.findall(r"(\w+):\s+(\d+) kB", text)}
    return kilobytes["MemTotal"] * 1024, kilobytes["MemAvailable"] * 1024


def _disk() -> Check:
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    found = f"{free / _GIB:.1f} GiB free in {place}"
    if free < _DISK:
        return Check(
            "machine", "disk", State.WARNING, found, "make room, or set TMPDIR to a larger disk"
        )
    return Check("machine", "disk", State.OK, found)


def _ray() -> Check:
    """Whether Ray's own programs are there and may start; it is not started."""
    spec = importlib.util.find_spec("ray")
    if spec is None or spec.origin is None:
        return Check(
            "machine", "Ray", State.MISSING, "not installed", f"{sys.executable} -m pip install ray"
        )
    core = Path(spec.origin).parent / "core" / "src" / "ray"
    programs = (core / "gcs" / "gcs_server", core / "raylet" / "raylet")
    absent = [program.name for program in programs if not os.access(program, os.X_OK)]
    if absent:
        return Check(
            "machine", "Ray", State.MISSING, f"its {' and '.join(absent)} may not be executed",
            f"{sys.executable} -m pip install --force-reinstall ray",
        )  # fmt: skip
    if not os.access(Path.home(), os.W_OK):
        return Check(
            "machine", "Ray", State.WARNING, f"{Path.home()} is not writable, Ray keeps a token there",
            "set HOME to a directory that can be written",
        )  # fmt: skip
    address = os.environ.get("RAY_ADDRESS")
    cluster = f"; RAY_ADDRESS names the cluster {address}" if address else ", started by each study"
    return Check("machine", "Ray", State.OK, f"{_version('ray') or 'unknown version'}{cluster}")
