# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and arguments that several commands of `sweep.cli` take."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


def decimal(low: float = -math.inf, high: float = math.inf) -> Callable[[str | float], float]:
    """Returns a parser of an option that is a number in a range; it also accepts a decimal comma."""

    def number(value: str | float) -> float:
        from circuits import DesignError, Quantity  # noqa: PLC0415  (slow to import)

        try:
            found = float(Quantity(low=low, high=high).parse(value, field=""))
        except DesignError as error:
            hint = f" ({error.hint})" if error.hint else ""
            msg = f"{value!r}: allowed is {error.allowed}{hint}"
            raise typer.BadParameter(msg) from error
        if not math.isfinite(found):
            msg = f"{value!r}: allowed is a finite number"
            raise typer.BadParameter(msg)
        return found

    return number


def simulator_name(*others: str) -> Callable[[str], str]:
    """Returns a parser of an option that names a simulator, of this program or of an installed package.

    **Arguments:**

    - `others`: names that it accepts besides `circuits.simulators.SIMULATORS` and `auto`.
    """

    def name(value: str) -> str:
        from circuits import DesignError, Quantity  # noqa: PLC0415  (slow to import)
        from circuits.simulators import SIMULATORS  # noqa: PLC0415

        try:
            spec = Quantity(choices=(AUTO, *SIMULATORS, *others))
            return str(spec.parse(value, field="simulator"))
        except DesignError as error:
            hint = f" ({error.hint})" if error.hint else ""
            msg = f"{value!r}: allowed is {error.allowed}{hint}"
            raise typer.BadParameter(msg) from error

    return name


AUTO, QUASISTATIC = "auto", "quasistatic"
"""Values of `--simulator` besides the names of SPICE simulators."""

trainer_name = simulator_name(QUASISTATIC)
"""What reads an option that says what computes trainings."""


class OnInterrupt(StrEnum):
    """Values of `--on-interrupt`."""

    FINISH = "finish"
    DROP = "drop"


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="A study's directory (`run --out`).")]
Choice = Annotated[
    str | None,
    typer.Option(
        parser=trainer_name,
        metavar="NAME",
        help="What computes: xyce, ngspice or auto (Xyce where it is installed, else ngspice), "
        "or the much faster quasistatic. With a ladder: its rungs `transient`.",
    ),
]
Noise = Annotated[
    bool, typer.Option("--noise", help="With the noise of the update circuits in any case.")
]
NoCrossCheck = Annotated[
    bool,
    typer.Option(
        "--no-cross-check", help="Verify in one simulator, even where several are installed."
    ),
]
Corner = Annotated[
    str | None,
    typer.Option(metavar="C", help="Process corner: tt, ss, ff, sf or fs."),
]
Temperature = Annotated[
    str | None, typer.Option(metavar="T", help="Degrees Celsius, as 85 or -40.")
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=2**32 - 1, metavar="N", help="Another one than the file's."),
]
Pdk = Annotated[
    Path | None,
    typer.Option("--pdk", metavar="DIR", help="Where the transistor models are."),
]


def _size(what: str) -> Any:
    return typer.Option(metavar="SIZE", help=f'The {what}, as "0.5 um".')


WidthP = Annotated[str | None, _size("pfet's width")]
WidthN = Annotated[str | None, _size("nfet's width")]
LengthP = Annotated[str | None, _size("pfet's length")]
LengthN = Annotated[str | None, _size("nfet's length")]
