# SPDX-License-Identifier: GPL-3.0-or-later
"""`PatientStorage`: retries while a database is locked or its server restarts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import TrialState
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import (
    TimeoutError as NoConnection,
)

from sweep._errors import SweepError

Told = Callable[[str, float], None]
"""Called with what is wrong with a storage, and the seconds until it is tried again."""

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")


class StorageError(SweepError):
    """A study's database failed, also when it was tried again where that could help."""


class PatientStorage:
    """A storage whose methods are tried again, with pauses between, while the database is unavailable.

    It has the methods of the `optuna.storages.BaseStorage` that it wraps.

    **Arguments:**

    - `storage`: the storage that it wraps.
    - `name`: its name in messages.
    - `rests`: pauses between the tries, s.
    - `told`: called before each pause.

    **Raises:** `StorageError`, from each method, after the last pause or where waiting cannot help.
    """

    def __init__(
        self, storage: BaseStorage, name: str, *, rests: Sequence[float], told: Told | None = None
    ) -> None:
        self._storage = storage
        self._name = name
        self._rests = rests
        self._told = told

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set state and values of a trial, as `BaseStorage.set_trial_state_values`.

        If an earlier try was written although its answer was lost, the method succeeds.

        **Arguments:**

        - `trial_id`: Optuna's identifier of the trial.
        - `state`: its new state.
        - `values`: values of the objectives; None to leave them as they are.

        **Returns:** whether the state was set.

        **Raises:** `StorageError` where the database stays unavailable; otherwise as Optuna's method.
        """
        tries = 0

        def method() -> bool:
            nonlocal tries
            tries += 1
            try:
                done = self._storage.set_trial_state_values(trial_id, state, values)
            except UpdateFinishedTrialError:
                if tries == 1 or self._storage.get_trial(trial_id).state is not state:
                    raise
                return True
            return done or (tries > 1 and self._storage.get_trial(trial_id).state is state)

        return bool(self._insist(method))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._storage, name)
        if not callable(found):
            return found
        return lambda *arguments, **keywords: self._insist(lambda: found(*arguments, **keywords))

    def _insist(self, method: Callable[[], Any]) -> Any:
        rests = iter(self._rests)
        while True:
            try:
                return method()
            except (SQLAlchemyError, StorageInternalError) as error:
                if not (words := _words(error)):
                    raise
                rest = next(rests, None) if _may_pass(_root(error)) else None
                if rest is None:
                    msg = f"The storage {self._name} cannot be used: {words}."
                    raise StorageError(msg) from error
            if self._told is not None:
                self._told(f"the storage {self._name} cannot be used ({words})", rest)
            time.sleep(rest)


BaseStorage.register(PatientStorage)


def _root(error: Exception) -> BaseException:
    """The database's own error; Optuna wraps it, as "typically due to invalid data"."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return cause or error


def _words(error: Exception) -> str:
    """The database's message on one line; empty for an error that does not come from a database."""
    root = _root(error)
    if not isinstance(root, SQLAlchemyError):
        return ""
    said = str(root.orig if isinstance(root, DBAPIError) else root).strip() or type(root).__name__
    return said.splitlines()[0].rstrip(".")


def _may_pass(root: BaseException) -> bool:
    """Whether an error may go away by itself."""
    if not isinstance(root, OperationalError | InterfaceError | NoConnection):
        return False
    sqlite = getattr(getattr(root, "orig", None), "sqlite_errorname", None)
    return sqlite is None or str(sqlite).startswith(_BUSY)
