# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the package `circuits`."""


class CircuitError(Exception):
    """Base class of the errors of a circuit, its description or its simulation."""


class IllegalValue(Exception):  # noqa: N818 - a base of errors on every floor, named for what it says
    """A value that is not legal; the message has field, value, what is allowed, and a hint."""

    def __init__(self, field: str, value: object, allowed: str, *, hint: str = "") -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        self.hint = hint
        tail = f" ({hint})" if hint else ""
        super().__init__(f"{field} = {value!r}: allowed is {allowed}{tail}")


class DesignError(IllegalValue, CircuitError):
    """A value of a design that is not legal."""


class NetworkError(CircuitError):
    """Layer sizes, weights or data of a run that do not fit together."""


class PluginError(CircuitError):
    """An installed package's entry point cannot be imported, or is not a class of the right kind."""
