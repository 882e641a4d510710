# SPDX-License-Identifier: GPL-3.0-or-later
"""A quantity written down with its unit is read back as the same number."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import Design, DesignError, Quantity

UNITS = ("", "V", "A", "S", "F", "m", "s", "Hz", "Ohm", "1/V", "degC", "B")

numbers = st.floats(allow_nan=False)


@settings(deadline=None)
@given(st.sampled_from(UNITS), numbers)
def test_every_number_survives_being_shown(unit: str, number: float) -> None:
    quantity = Quantity(unit=unit)
    assert quantity.parse(quantity.show(number), field="x", units_required=True) == number


@settings(deadline=None)
@given(st.sampled_from(["", "1/V", "B"]), st.integers(-(2**53), 2**53))
def test_every_whole_number_survives_being_shown(unit: str, number: int) -> None:
    quantity = Quantity(unit=unit, integer=True)
    again = quantity.parse(quantity.show(number), field="x", units_required=True)
    assert again == number
    assert isinstance(again, int)


@settings(deadline=None)
@given(numbers, st.integers(3, 8))
def test_rounding_for_people_keeps_so_many_digits(number: float, digits: int) -> None:
    quantity = Quantity(unit="V")
    again = quantity.parse(quantity.show(number, digits=digits), field="x")
    assert again == float(f"{number:.{digits}g}")


@pytest.mark.parametrize("name", Design.quantities())
def test_the_legal_range_of_every_field_can_be_written_in_a_file(name: str) -> None:
    spec = Design.quantities()[name]
    for value in spec.choices or (spec.low, spec.high):
        assert spec.parse(spec.show(value), field=name, units_required=True) == value


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        ("1/V", "20 1/V", 20.0),
        ("1/V", "20/V", 20.0),
        ("1/V", "20 / V", 20.0),
        ("1/V", "201/V", 201.0),
        ("1/V", "1/V", 1.0),
        ("1/V", "1.5k/V", 1500.0),
        ("1/V", "2e4 1/V", 2e4),
        ("1/V", "inf 1/V", math.inf),
        ("degC", "27 C", 27.0),
        ("degC", "-40 degC", -40.0),
        ("degC", "85 °C", 85.0),
        ("Ohm", "10 kΩ", 1e4),
        ("Ohm", "2 MOhm", 2e6),
        ("m", "0.15um", 0.15e-6),
        ("m", "0.15 um", 0.15e-6),
        ("m", "5 m", 5.0),
        ("s", "5 ms", 5e-3),
        ("F", "100 fF", 100e-15),
        ("V", " -.5 V ", -0.5),
        ("V", "-inf V", -math.inf),
        ("B", "2 GB", 2e9),
        ("", "4k", 4e3),
    ],
)
def test_units_are_read_as_people_write_them(unit: str, text: str, value: float) -> None:
    assert Quantity(unit=unit).parse(text, field="x", units_required=True) == value


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("V", "5"),
        ("V", "5 mA"),
        ("V", "5 v"),
        ("V", "nan V"),
        ("V", "x = 5 V"),
        ("V", "$5 V"),
        ("V", "5 V # note"),
        ("V", "1_000 V"),
        ("V", "٣ V"),
        ("V", "V"),
        ("V", ""),
        ("1/V", "20"),
        ("1/V", "20 V"),
        ("1/V", "20 k1/V"),
        ("1/V", "/V"),
        ("", "5 V"),
        ("", "five"),
        ("F", "1e3k F"),
    ],
)
def test_what_is_no_such_quantity_is_refused(unit: str, text: str) -> None:
    with pytest.raises(DesignError, match="x = "):
        Quantity(unit=unit).parse(text, field="x", units_required=True)


@pytest.mark.parametrize("value", [True, None, [], {}, 10**400, math.nan, 1.0])
def test_what_is_no_text_with_a_unit_is_refused_where_files_are_read(value: object) -> None:
    with pytest.raises(DesignError, match="x = "):
        Quantity(unit="V").parse(value, field="x", units_required=True)


def test_a_missing_unit_is_shown_as_it_should_be_written() -> None:
    with pytest.raises(DesignError, match='such as "20 1/V"'):
        Quantity(unit="1/V").parse(20, field="x", units_required=True)


@settings(deadline=None)
@given(st.text(max_size=12), st.sampled_from(UNITS))
def test_any_text_is_a_number_or_refused(text: str, unit: str) -> None:
    with contextlib.suppress(DesignError):
        assert isinstance(Quantity(unit=unit).parse(text, field="x"), float)
