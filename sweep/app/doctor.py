# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep doctor`: checks what a study needs on this machine, and says how to install what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sweep._machine import memory, processor_quota, processors
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
_PROBE_BYTES = 1 << 16
_KERNEL = "from circuits.quasistatic.tables._surface import splines; splines(0.5)"
_KERNEL_SECONDS = 180.0
_START_RAY = "from sweep.worker.executor import try_ray; try_ray()"
_RAY_SECONDS = 90.0
_OPTIONAL = {"optuna-dashboard": "command `sweep dashboard`", "torch": "GP sampler"}
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*(?:>=\s*(?P<low>[\d.]+))?")


class State(StrEnum):
    """Result of a check. Only `MISSING` prevents studies from running."""

    OK = "ok"
    OPTIONAL = "optional"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """A check of this machine, with its result.

    **Attributes:**

    - `group`: `python`, `packages`, `simulators`, `models`, `machine` or `tried`.
    - `name`: of what was checked.
    - `state`: the result.
    - `found`: description of what was found.
    - `remedy`: the command or step that solves the problem; empty without a problem.
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
        """True if no check found something missing, so that a study can run here."""
        return all(check.state is not State.MISSING for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The checks as plain values."""
        return {
            "ok": self.ok,
            "version": __version__,
            "checks": [asdict(check) for check in self.checks],
        }


def examine(
    pdk_path: Path | None = None, *, out: Path | None = None, ray: bool = False
) -> Examination:
    """Checks everything that a study needs, with small trials of simulator and compiler. Downloads nothing.

    **Arguments:**

    - `pdk_path`: directory of the transistor models, as a study file names it; None for the default places.
    - `out`: directory for results; None for the current one. It is not created.
    - `ray`: whether to start Ray, which takes seconds.
    """
    return Examination(
        (
            _python(),
            *_packages(),
            *_simulators(),
            _models(pdk_path),
            *_machine(out),
            *_self_test(pdk_path),
            _kernels(),
            _ray(start=ray),
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
    """Returns name and oldest allowed version (or "") of each package that this one requires."""
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
    """Returns the part of a simulator's problem that says what to do."""
    _, _, install = problem.partition("install it: ")
    return install.rstrip(".") or problem


def _models(path: Path | None) -> Check:
    name = "models"
    try:
        import pdk  # noqa: PLC0415  (it needs packages to be there)
    except ImportError as error:
        return _not_looked_at("models", name, error)
    from pdk._notices import listening  # noqa: PLC0415

    notices: list[str] = []
    try:
        with listening(notices.append):
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
    technology = pdk.find_technology(models.technology)
    found = f"{technology.title} {models.version}, {models.source}"
    if "PDK_ROOT" in os.environ and path is None and not models.source.startswith("PDK_ROOT"):
        found += f"; PDK_ROOT = {os.environ['PDK_ROOT']} holds no such models"
        remedy = f"correct PDK_ROOT (it should hold {technology.library.installed}), or unset it"
        return Check("models", name, State.WARNING, found, remedy, sha256=models.sha256)
    return Check("models", name, State.OK, found, sha256=models.sha256)


def _not_looked_at(group: str, name: str, error: ImportError) -> Check:
    missing = error.name or str(error)
    return Check(
        group, name, State.MISSING, f"could not be looked at: package {missing} is missing",
        f"{sys.executable} -m pip install {_DISTRIBUTION}",
    )  # fmt: skip


def _machine(out: Path | None) -> list[Check]:
    return [_cores(), _memory(), _cache(), _output(out), _temporary()]


def _cores() -> Check:
    cores, quota = processors(), processor_quota()
    share = "" if math.isinf(quota) else f"; its control group leaves {quota:g} of the machine's"
    found = f"{cores}; as many simulations run at once{share}"
    return Check("machine", "cores", State.OK, found)


def _memory() -> Check:
    found = memory()
    place = " that the control group allows" if found.limited else ""
    words = f"{found.free / _GIB:.1f} GiB free of {found.total / _GIB:.1f} GiB{place}"
    if found.free < _MEMORY:
        return Check("machine", "memory", State.WARNING, words, "use fewer workers: --workers 1")
    return Check("machine", "memory", State.OK, words)


def _cache() -> Check:
    """Checks that the cache can be written, at its place or another one."""
    try:
        from pdk import CacheError  # noqa: PLC0415  (it needs packages to be there)
        from pdk._cache import cache_directory, writable_directory  # noqa: PLC0415
        from pdk._notices import listening  # noqa: PLC0415
    except ImportError as error:
        return _not_looked_at("machine", "cache", error)
    remedy = "make it writable, or set ANALOG_SWEEP_CACHE to a directory that is"
    notices: list[str] = []
    try:
        with listening(notices.append):
            wanted, taken = cache_directory(), writable_directory("")
    except CacheError as error:
        return Check("machine", "cache", State.MISSING, str(error), remedy)
    if notices or wanted != taken:
        found = f"{wanted} cannot be written to; {taken} is taken instead"
        if wanted == taken:
            found = f"no home directory is known; {taken} is taken"
        return Check("machine", "cache", State.WARNING, found, remedy)
    return Check("machine", "cache", State.OK, str(taken))


def _output(out: Path | None) -> Check:
    """Checks that results can be written."""
    place = Path() if out is None else out
    with suppress(OSError):
        while not place.exists():
            place = place.parent
    shown = (Path.cwd() if out is None else out).absolute()
    error = _unwritable(place)
    if error:
        return Check(
            "machine", "results", State.MISSING, f"{shown} cannot be written to: {error}",
            "name another directory with --out",
        )  # fmt: skip
    return Check("machine", "results", State.OK, f"can be written to {shown}")


def _temporary() -> Check:
    """Checks that there is space for the temporary files of Ray and the simulators."""
    try:
        place = tempfile.gettempdir()
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Check(
            "machine", "temporary files", State.MISSING, f"no directory for them: {error.strerror}",
            "set TMPDIR to a directory that can be written to",
        )  # fmt: skip
    found = f"{free / _GIB:.1f} GiB free in {place}"
    remedy = "make room, or set TMPDIR to a larger disk"
    error_words = _unwritable(Path(place))
    if error_words:
        return Check("machine", "temporary files", State.MISSING, error_words, remedy)
    if free < _DISK:
        return Check("machine", "temporary files", State.WARNING, found, remedy)
    return Check("machine", "temporary files", State.OK, found)


def _unwritable(directory: Path) -> str:
    """Returns why a file cannot be written to a directory; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _self_test(path: Path | None) -> list[Check]:
    """Simulates one transistor in the simulator that `auto` chooses, if there are transistor models."""
    try:
        import pdk  # noqa: PLC0415  (it needs packages to be there)
        from circuits import CircuitError  # noqa: PLC0415
        from circuits.simulators import find, self_test  # noqa: PLC0415
        from pdk._notices import listening  # noqa: PLC0415
    except ImportError:
        return []  # another check reports it
    try:
        with listening(lambda _: None):  # another check reports them
            simulator = find("auto")
            outcome = self_test(simulator, pdk.locate(path, download=False))
    except (pdk.ModelsNotFoundError, CircuitError):
        return []
    except pdk.PdkError as error:
        return [Check("tried", "self-test", State.MISSING, str(error), "do what is said there")]
    name = f"{simulator.name} {simulator.version}"
    if outcome.ok:
        found = f"{name} simulated a transistor in {outcome.seconds:.1f} s"
        return [Check("tried", "self-test", State.OK, found)]
    words = " ".join(outcome.message.split())
    return [
        Check(
            "tried", "self-test", State.MISSING,
            f"{name} cannot simulate a transistor ({outcome.cause}): {words}",
            "mend that, or install the simulator again",
        )
    ]  # fmt: skip


def _kernels() -> Check:
    """Checks, in a separate process, that numba can compile for the quasi-static simulator."""
    words = tried(_KERNEL, seconds=_KERNEL_SECONDS)
    if words:
        return Check(
            "tried", "quasi-static", State.MISSING, f"numba cannot compile: {words}",
            f"{sys.executable} -m pip install --force-reinstall numba llvmlite",
        )  # fmt: skip
    return Check("tried", "quasi-static", State.OK, "numba compiled a function for it")


def _ray(*, start: bool) -> Check:
    """Checks that Ray is installed or, with `start`, that it starts, in a separate process."""
    spec = importlib.util.find_spec("ray")
    if spec is None or spec.origin is None:
        return Check(
            "tried", "Ray", State.MISSING, "not installed", f"{sys.executable} -m pip install ray"
        )
    core = Path(spec.origin).parent / "core" / "src" / "ray"
    programs = (core / "gcs" / "gcs_server", core / "raylet" / "raylet")
    absent = [program.name for program in programs if not os.access(program, os.X_OK)]
    if absent:
        return Check(
            "tried", "Ray", State.MISSING, f"its {' and '.join(absent)} may not be executed",
            f"{sys.executable} -m pip install --force-reinstall ray",
        )  # fmt: skip
    begun = time.monotonic()
    words = tried(_START_RAY, seconds=_RAY_SECONDS) if start else ""
    if words:
        return Check("tried", "Ray", State.MISSING, words, "mend that, or use --address")
    done = f"started in {time.monotonic() - begun:.0f} s" if start else "not started"
    address = os.environ.get("RAY_ADDRESS")
    cluster = f"; RAY_ADDRESS ({address}) is not used, but --address" if address else ""
    return Check(
        "tried", "Ray", State.OK, f"{_version('ray') or 'unknown version'}, {done}{cluster}"
    )


def tried(program: str, *, seconds: float) -> str:
    """Runs a Python program in a separate process, for at most so many seconds.

    **Returns:** the reason where it fails or takes longer, such as its last line on stderr; otherwise empty.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        return f"not within {seconds:g} s"
    except OSError as error:
        return f"no process can be started: {error.strerror}"
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return said[-1] if said else f"it ended with status {done.returncode} and no word"
