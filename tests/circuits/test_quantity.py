# SPDX-License-Identifier: GPL-3.0-or-later
"""A quantity written down with its unit is read back as the same number."""

from __future__ import annotations

import contextlib
import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from circuits import DesignError, Quantity, design_quantities

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


@pytest.mark.parametrize("name", design_quantities())
def test_the_legal_range_of_every_field_can_be_written_in_a_file(name: str) -> None:
    spec = design_quantities()[name]
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


# Numbers as people write them elsewhere.


@settings(deadline=None)
@given(st.sampled_from(UNITS), numbers)
@example("", 2.525e-05)
def test_a_decimal_comma_is_read_as_a_point_or_refused_as_having_two_meanings(
    unit: str, number: float
) -> None:
    quantity = Quantity(unit=unit)
    text = quantity.show(number).replace(".", ",")
    if re.match(r"-?[1-9]\d{0,2},\d{3}(\D|$)", text):
        with pytest.raises(DesignError, match="the comma has two meanings"):
            quantity.parse(text, field="x", units_required=True)
    else:
        assert quantity.parse(text, field="x", units_required=True) == number


@settings(deadline=None)
@given(
    st.sampled_from(["V", "F", "s", "Ohm"]),
    numbers,
    st.sampled_from(" \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"),
    st.sampled_from("u\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}"),
    st.sampled_from(["Ohm", "\N{OHM SIGN}", "\N{GREEK CAPITAL LETTER OMEGA}"]),
    st.sampled_from("-\N{MINUS SIGN}"),
)
def test_characters_that_look_alike_are_the_same(
    unit: str, number: float, space: str, micro: str, ohm: str, minus: str
) -> None:
    quantity = Quantity(unit=unit)
    text = quantity.show(number)
    if "e-" not in text:
        text = text.replace("-", minus)
    text = text.replace(" ", space).replace("u", micro).replace("Ohm", ohm)
    assert quantity.parse(text, field="x", units_required=True) == number


@settings(deadline=None)
@given(st.text("0123456789.,+-eE 'umkV\N{MICRO SIGN}", max_size=12))
def test_what_is_read_is_what_python_reads_with_a_point_for_the_comma(text: str) -> None:
    number = _read(text)
    match = re.fullmatch(r"\s*([-+\d.,eE]+)\s*([a-z\N{MICRO SIGN}]?)\s*V\s*", text)
    if number is not None:
        assert match is not None
        scale = {"": 1.0, "u": 1e-6, "\N{MICRO SIGN}": 1e-6, "m": 1e-3, "k": 1e3}[match[2]]
        assert number == pytest.approx(float(match[1].replace(",", ".")) * scale)
        assert not ("," in match[1] and "." in match[1])


def _read(text: str) -> float | None:
    try:
        return float(Quantity(unit="V").parse(text, field="x"))
    except DesignError:
        return None


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        ("m", "0,35 um", 0.35e-6),
        ("m", "0,350 um", 0.35e-6),
        ("m", "0,35\N{NO-BREAK SPACE}\N{GREEK SMALL LETTER MU}m", 0.35e-6),
        ("V", ",5 V", 0.5),
        ("V", "\N{MINUS SIGN}60 mV", -0.06),
        ("V", "1234,567 V", 1234.567),
        ("V", "1,2345 V", 1.2345),
        ("s", "1,5e-6 s", 1.5e-6),
        ("Ohm", "4,7 k\N{OHM SIGN}", 4700.0),
        ("degC", "85 \N{DEGREE CELSIUS}", 85.0),
        ("1/V", "2,5 /V", 2.5),
    ],
)
def test_what_has_one_meaning_is_read(unit: str, text: str, value: float) -> None:
    assert Quantity(unit=unit).parse(text, field="x", units_required=True) == pytest.approx(value)


@pytest.mark.parametrize(
    ("spec", "text", "words"),
    [
        (Quantity(unit="V"), "1,234 V", 'the comma has two meanings: write "1.234 V" or "1234 V"'),
        (Quantity(unit="V"), "1,234.5 V", 'without marks between thousands, such as "1234.5 V"'),
        (Quantity(unit="V"), "1.234,5 V", 'without marks between thousands, such as "1234.5 V"'),
        (Quantity(unit="V"), "1,234,567 V", 'such as "1234567 V"'),
        (Quantity(unit="Hz"), "1 000 Hz", 'such as "1000 Hz"'),
        (Quantity(unit="Hz"), "10'000 Hz", 'such as "10000 Hz"'),
        (Quantity(unit="m"), "0,35", 'write it with its unit, such as "0.35 m"'),
        (Quantity(unit="m", low=1e-7, high=1e-4), "0,35", 'such as "0.35 um"'),
        (Quantity(unit="m"), "0,35 V", "the unit is m, not V"),
        (Quantity(unit="m"), "0.35 mum", "the unit is m, not mum"),
        (Quantity(unit="s"), "5 min", "the unit is s, not min"),
        (Quantity(), "3,5 V", "write 3.5: it has no unit, not V"),
        (Quantity(unit="V"), "abc", 'write it like "1 V"'),
        (
            Quantity(unit="V", low=0, high=2),
            "3,5 V",
            "read as 3.5 V; the nearest legal value is 2 V",
        ),
    ],
)
def test_what_has_not_is_refused_with_what_to_write(spec: Quantity, text: str, words: str) -> None:
    with pytest.raises(DesignError) as caught:
        spec.parse(text, field="x", units_required=True)
    assert words in caught.value.hint
    for advised in re.findall(r'"([^"]*)"', caught.value.hint):
        assert isinstance(spec.parse(advised, field="x", units_required=True), float)


def test_a_number_without_bounds_is_not_said_to_go_to_infinity() -> None:
    assert Quantity().allowed == "a number"
    assert Quantity(unit="V", integer=True).allowed == "a whole number in V"


@pytest.mark.parametrize("text", ["inf", "-inf", "1e999", "nan"])
def test_a_whole_number_is_finite(text: str) -> None:
    with pytest.raises(DesignError):
        Quantity(integer=True).parse(text, field="x")


def test_a_bare_number_in_a_cell_is_in_si_units() -> None:
    assert Quantity(unit="V").parse("0,05", field="x", units_optional=True) == 0.05
    with pytest.raises(DesignError, match="the unit is V, not A"):
        Quantity(unit="V").parse("0,05 A", field="x", units_optional=True)


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
