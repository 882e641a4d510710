# SPDX-License-Identifier: GPL-3.0-or-later
"""Compilation by numba, kept in the user's cache so that a second process starts at once.

numba recompiles a function when its own file changes, but not when a function that it calls from
another file does. So the cached code lies in a directory named after the sources of the whole
package: whatever changes there, everything is compiled again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

from circuits.preparation import Stage, begin_preparing, end_preparing, report
from pdk._cache import cache_directory

Function = TypeVar("Function", bound=Callable[..., Any])

_CONFIG: Any = numba.config
_OURS = __name__.partition(".")[0] + "."
_PACKAGE = Path(__file__).parents[1]


class _Compilations(event.Listener):
    """Takes the time of compiling for preparation, and reports each kernel as a stage of it."""

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
    """As `compiled`, for a kernel so small that calling it would take as long as it does."""
    return _compile(function, forceinline=True)


def summing(function: Function) -> Function:
    """As `compiled`, for a kernel whose sums may be taken in any order, so in vectors."""
    return _compile(function, fastmath={"contract", "reassoc", "nsz"})


def compiled(function: Function) -> Function:
    """`numba.njit` with fused multiply-add and the user's cache, for every kernel of the package.

    `NUMBA_CACHE_DIR`, where set, wins over the user cache of this program. Division by zero gives
    infinity as in numpy, and no function holds the interpreter's lock.
    """
    return _compile(function)


def _compile(function: Function, **options: Any) -> Function:
    options = {"fastmath": {"contract"}} | options
    before = _CONFIG.CACHE_DIR
    if "NUMBA_CACHE_DIR" not in os.environ:
        _CONFIG.CACHE_DIR = str(_directory())
    try:
        kernel = numba.njit(cache=True, nogil=True, error_model="numpy", **options)
        return cast("Function", kernel(function))
    finally:
        _CONFIG.CACHE_DIR = before


@cache
def _directory() -> Path:
    """Where compiled code goes; another one for each state of the sources."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return cache_directory() / "compiled" / digest.hexdigest()[:20]
