# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates of pages (Jinja2), which escape all text that is not marked as markup."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sweep.report"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def page(template: str, **values: Any) -> str:
    """Returns a page, written by a template of this name in `sweep/report/templates`."""
    return _environment().get_template(template).render(values)


def block(macro: str, *values: Any) -> str:
    """Returns a piece of a page, written by a macro of `blocks.html`.

    **Arguments:**

    - `macro`: its name.
    - `values`: its arguments, in order.
    """
    return str(getattr(_environment().get_template("blocks.html").module, macro)(*values))
