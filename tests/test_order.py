# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that are begun first exist, so that renaming one does not leave it for the end."""

from __future__ import annotations

from tests.conftest import BEGUN_FIRST, TESTS


def test_modules_that_are_begun_first_exist_and_are_named_once() -> None:
    assert [name for name in BEGUN_FIRST if not (TESTS / name).is_file()] == []
    assert len(set(BEGUN_FIRST)) == len(BEGUN_FIRST)
