# SPDX-License-Identifier: GPL-3.0-or-later
"""The Optuna storage of a study: a journal file beside the results, or any storage with a URL."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import URL, create_engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from sweep._files import Layout, StoreError
from sweep._manifest import JOURNAL

URL_VARIABLE = "ANALOG_SWEEP_STORAGE"
_HIDDEN = "***"
_LOCK_SECONDS = 1.0


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


def open_storage(layout: Layout, storage: str) -> BaseStorage:
    """The storage to write to: `"journal.log"` or a URL. The caller holds the driver's lock.

    **Raises:** `StoreError` if it cannot be reached.
    """
    if storage == JOURNAL:
        mend_journal(layout.journal)
        return JournalStorage(JournalFileBackend(str(layout.journal)))
    return _database(storage, create=True)


def open_for_reading(layout: Layout, storage: str) -> BaseStorage:
    """The storage as it is, while a driver may be writing to it.

    **Raises:** `StoreError` if it is not there.
    """
    if storage != JOURNAL:
        return _database(storage, create=False)
    if not layout.journal.is_file():
        msg = f"{layout.journal} is missing, so the trials of {layout.out} are lost."
        raise StoreError(msg)
    try:
        return JournalStorage(JournalFileBackend(str(layout.journal)))
    except (OSError, ValueError, KeyError) as error:
        msg = f"{layout.journal} cannot be read: {error}."
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


def _database(url: str, *, create: bool) -> BaseStorage:
    if not create and not _is_there(url):
        msg = f"The storage {public_url(url)} is not there."
        raise StoreError(msg)
    try:
        return RDBStorage(
            _parsed(url).render_as_string(hide_password=False), skip_table_creation=not create
        )
    except (SQLAlchemyError, ImportError, RuntimeError, OptunaError) as error:
        raise _unreachable(url, error) from error


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
    reason = str(error.__cause__ or error).strip().splitlines()[0]
    return StoreError(f"The storage {public_url(url)} cannot be opened: {reason}.")


def mend_journal(journal: Path) -> None:
    """Make the journal of a driver that was killed while it wrote fit to be written again.

    A line that was not finished is cut off: what it was about never happened. A lock file left
    behind is removed, for nobody else writes while the driver's lock is held, save programs such
    as optuna-dashboard, which hold it for milliseconds.
    """
    lock = journal.with_name(journal.name + ".lock")
    deadline = time.monotonic() + _LOCK_SECONDS
    while lock.is_symlink() and time.monotonic() < deadline:
        if time.time() - lock.lstat().st_mtime > _LOCK_SECONDS:
            break
        time.sleep(0.02)
    lock.unlink(missing_ok=True)
    if not journal.exists():
        return
    with journal.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        last = content[:whole].rstrip(b"\n").rpartition(b"\n")[2]
        if last and not _is_json(last):
            whole -= len(last) + 1
        if whole != len(content):
            file.truncate(whole)
            file.flush()
            os.fsync(file.fileno())


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
