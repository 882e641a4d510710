# SPDX-License-Identifier: GPL-3.0-or-later
"""The Optuna storage of a study: a journal file beside the results, or any storage with a URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import optuna
from optuna.exceptions import OptunaError, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from sqlalchemy import URL, create_engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from sweep.results.files import Layout, StoreError
from sweep.results.manifest import JOURNAL
from sweep.search._journal import Journal, mend
from sweep.search.patient_storage import PatientStorage, Told

URL_VARIABLE = "ANALOG_SWEEP_STORAGE"
_HIDDEN = "***"
_RESTS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_READING_RESTS = (0.5, 1.0, 2.0)

STORAGE_ERRORS = (SQLAlchemyError, StorageInternalError)
"""Errors of a database that can no longer be reached or written to."""

Group = Callable[[], AbstractContextManager[None]]


def quiet() -> None:
    """Keep Optuna's own messages about every trial off the terminal."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def public_url(url: str) -> str:
    """The URL of a storage as it is written into files: without password, with a whole path.

    **Raises:** `StoreError` for a text that is no URL of a storage.
    """
    return _parsed(url).render_as_string(hide_password=True)


def complete_url(public: str) -> str:
    """The URL to connect to, for one that `public_url` made.

    **Raises:** `StoreError` where the password is needed and the environment does not give it.
    """
    if _HIDDEN not in public:
        return public
    given = os.environ.get(URL_VARIABLE, "")
    if not given or public_url(given) != public:
        msg = (
            f"The storage {public} has a password, which is not kept; set the environment variable "
            f"{URL_VARIABLE} to the whole URL."
        )
        raise StoreError(msg)
    return given


def open_storage(
    layout: Layout, storage: str, told: Told | None = None
) -> tuple[BaseStorage, Group]:
    """Opens a storage for writing. The caller holds the driver's lock.

    While a database is unavailable, its methods wait and try again.

    **Arguments:**

    - `layout`: paths of the study's files.
    - `storage`: `"journal.log"` for the journal file there, or the URL of a database.
    - `told`: called with what is wrong and the pause before each new try; None to call nothing.

    **Returns:** the storage, and a function that makes a context manager. What is logged within it goes
    into the journal file in one write; with a database it has no effect.

    **Raises:** `StoreError` if it cannot be reached.
    """
    if storage == JOURNAL:
        mend(layout.journal)
        journal = Journal(layout.journal)
        return _replayed(journal, layout.journal), journal.group
    return _database(storage, create=True, rests=_RESTS, told=told), nullcontext


def open_for_reading(layout: Layout, storage: str) -> BaseStorage:
    """Opens a storage for reading, while a driver may be writing to it.

    **Raises:** `StoreError` if it is not there.
    """
    if storage != JOURNAL:
        return _database(storage, create=False)
    if not layout.journal.is_file():
        msg = f"{layout.journal} is missing, so the trials of {layout.out} are lost."
        raise StoreError(msg)
    return _replayed(Journal(layout.journal), layout.journal)


def _replayed(journal: Journal, path: Path) -> BaseStorage:
    try:
        return JournalStorage(journal)
    except (OSError, LookupError, TypeError, ValueError) as error:
        msg = f"{path} cannot be read: it is no journal of Optuna ({error})."
        raise StoreError(msg) from error


def study_in(url: str, name: str) -> Mapping[str, Any] | None:
    """The user attributes of a study in a database, None where it is not there. Writes nothing.

    **Raises:** `StoreError` if the database cannot be reached.
    """
    if not _is_there(url):
        folder = Path(str(_parsed(url).database)).parent
        if not folder.is_dir():
            msg = f"The storage {public_url(url)} cannot be made: there is no directory {folder}."
            raise StoreError(msg)
        return None
    try:
        engine = create_engine(_parsed(url))
        laid_out = inspect(engine).has_table("studies")
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        raise _unreachable(url, error) from error
    if not laid_out:
        return None
    storage = _database(url, create=False)
    try:
        return optuna.load_study(study_name=name, storage=storage).user_attrs
    except KeyError:
        return None


def _is_there(url: str) -> bool:
    """Whether opening a storage would find, and not create, a database."""
    parsed = _parsed(url)
    in_file = parsed.get_backend_name() == "sqlite"
    return not in_file or Path(str(parsed.database)).is_file()


def _database(
    url: str,
    *,
    create: bool,
    rests: Sequence[float] = _READING_RESTS,
    told: Told | None = None,
) -> BaseStorage:
    if not create and not _is_there(url):
        msg = f"The storage {public_url(url)} is not there."
        raise StoreError(msg)
    try:
        storage = RDBStorage(
            _parsed(url).render_as_string(hide_password=False), skip_table_creation=not create
        )
    except (SQLAlchemyError, ImportError, RuntimeError, OptunaError) as error:
        raise _unreachable(url, error) from error
    patient = PatientStorage(get_storage(storage), public_url(url), rests=rests, told=told)
    return cast("BaseStorage", patient)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
    except SQLAlchemyError as error:
        msg = (
            f"--storage {url!r} is no URL of a database; give one such as sqlite:///study.db, or "
            "none to have a journal file beside the results."
        )
        raise StoreError(msg) from error
    if not sqlite:
        return parsed
    if parsed.database in {None, "", ":memory:"}:
        msg = f"--storage {url!r} keeps nothing; give a file, as in sqlite:///study.db."
        raise StoreError(msg)
    return parsed.set(database=str(Path(str(parsed.database)).absolute()))


def _unreachable(url: str, error: Exception) -> StoreError:
    return StoreError(f"The storage {public_url(url)} cannot be opened: {storage_words(error)}.")


def storage_words(error: Exception) -> str:
    """The message of a database's error, in one line."""
    return str(error.__cause__ or error).strip().splitlines()[0]
