# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this floor."""


class CircuitError(Exception):
    """A circuit, its description or its simulation is not what it must be."""


class IllegalValue(Exception):  # noqa: N818 - a base of errors on every floor, named for what it says
    """A value that is not legal: names the field, the value, what is allowed, and what may help."""

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
    """An installed package's entry point is not what it must be."""
