# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this floor."""


class ObjectiveError(Exception):
    """A task, a plan or a figure of merit that makes no sense: says which and what is allowed."""


class TaskError(ObjectiveError):
    """A field of a task that is not legal: names the field, the value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str, *, hint: str = "") -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        self.hint = hint
        tail = f" ({hint})" if hint else ""
        super().__init__(f"{field} = {value!r}: allowed is {allowed}{tail}")
