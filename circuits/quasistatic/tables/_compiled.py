# SPDX-License-Identifier: GPL-3.0-or-later
"""Compilation by numba; compiled code is kept in the user's cache for later processes.

numba recompiles a function when its own file changes, but not when a function that it calls from
another file does. So the cached code lies in a directory named after the sources of the whole
package: whatever changes there, everything is compiled again.

numba needs a cache that can be written. Where the user's cannot, its contents are copied to a
temporary one; where that fails, too, code is compiled in each process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

from circuits.preparation import Stage, begin_preparing, end_preparing, report
from pdk import CacheError
from pdk._cache import cache_directory, fault, unusable, writable_directory

Function = TypeVar("Function", bound=Callable[..., Any])

_CONFIG: Any = numba.config
_OURS = __name__.partition(".")[0] + "."
_PACKAGE = Path(__file__).parents[1]


class _Compilations(event.Listener):
    """Counts the time of compiling as preparation, and reports each kernel as a stage of it."""

    def __init__(self) -> None:
        self.done = 0

    def on_start(self, event: Any) -> None:
        begin_preparing()
        kernel = event.data["dispatcher"].py_func
        if kernel.__module__.startswith(_OURS):  # numba compiles functions of its own, too
            report(Stage("compiling kernels", kernel.__name__.strip("_"), self.done))

    def on_end(self, event: Any) -> None:
        del event
        self.done += 1
        end_preparing()


_REGISTER: Any = event.register
_REGISTER("numba:compile", _Compilations())


def inlined(function: Function) -> Function:
    """As `compiled`, for a kernel so small that the call would take as long as its work."""
    return _compile(function, forceinline=True)


def summing(function: Function) -> Function:
    """As `compiled`, for a kernel whose sums may be computed in any order, so that they can be vectorised."""
    return _compile(function, fastmath={"contract", "reassoc", "nsz"})


def compiled(function: Function) -> Function:
    """`numba.njit` with fused multiply-add and the user's cache, for every kernel of the package.

    `NUMBA_CACHE_DIR`, where set, wins over the user cache of this program. Division by zero gives
    infinity as in numpy, and no function holds the interpreter's lock.
    """
    return _compile(function)


def _compile(function: Function, **options: Any) -> Function:
    options = {"fastmath": {"contract"}} | options
    compiler = numba.njit(nogil=True, error_model="numpy", **options)
    kernel = compiler(function)
    directory = _directory()
    if directory is not None:
        _cache_in(directory, kernel)
    return cast("Function", kernel)


def _cache_in(directory: Path, kernel: Any) -> None:
    """Make numba keep the code of a kernel in a directory."""
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = str(directory)
    try:
        kernel.enable_caching()
    except RuntimeError:  # raised by numba for a directory that can no longer be written to
        return
    finally:
        _CONFIG.CACHE_DIR = before
    kernel._cache = _Forgiving(kernel._cache)  # noqa: SLF001 - numba has no other way


class _Forgiving:
    """numba's cache of one function, which ignores errors: without a cache the function is compiled again.

    **Arguments:**

    - `cache`: numba's own.
    """

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled code; None where there is none, or none that can be read."""
        try:
            return self._cache.load_overload(sig, target_context)
        except OSError as error:
            unusable(error)
            return None
        except Exception:  # noqa: BLE001 - unpickling damaged bytes may raise anything
            with contextlib.suppress(OSError):
                self._cache.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code where that is possible."""
        try:
            self._cache.save_overload(sig, data)
        except OSError as error:
            unusable(error)


@cache
def _directory() -> Path | None:
    """The directory of compiled code, one for each state of the sources; None where there is none."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        error = fault(Path(given))
        if error is None:
            return Path(given)
        unusable(error, Path(given))
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    name = f"compiled/{digest.hexdigest()[:20]}"
    try:
        directory = writable_directory(name)
    except CacheError:
        return None
    ours = cache_directory() / name
    if directory != ours and ours.is_dir():
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(ours, directory, copy_function=_copy_new, dirs_exist_ok=True)
    return directory


def _copy_new(source: str, target: str) -> None:
    """Copy a file that is not there yet, whole or not at all, as another process may read it."""
    if not Path(target).exists():
        partial = Path(f"{target}.{os.getpid()}")
        shutil.copyfile(source, partial)
        partial.replace(target)
