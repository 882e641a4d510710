# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameter expressions mean what they mean in a simulator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdk
from pdk._expressions import Scope, assignments

numbers = st.floats(-1e6, 1e6).map(lambda value: value or 1.0)


@given(numbers, numbers, numbers)
def test_arithmetic_follows_the_usual_precedence(a: float, b: float, c: float) -> None:
    scope = Scope({"a": repr(a), "b": repr(b)}, {"c": c})
    assert scope.evaluate("{a+b*c-2}") == a + b * c - 2
    assert scope.evaluate("{-(a + b)/c}") == -(a + b) / c
    assert scope.evaluate("sqrt(abs(a))**2 + max(b, c, 0)") == pytest.approx(
        abs(a) + max(b, c, 0.0)
    )


def test_parameters_may_refer_to_later_ones() -> None:
    assert Scope(assignments("a = {2*b} b = {c + 1} c = 3"), {}).evaluate("a") == 8.0


def test_given_values_take_precedence() -> None:
    assert Scope(assignments("w = 1 nrd = {0.14/w}"), {"w": 0.42}).evaluate("nrd") == 0.14 / 0.42


def test_random_functions_give_their_nominal_value() -> None:
    scope = Scope({"mc": "0"}, {})
    assert scope.evaluate("{1.5 + 2*0.1} + mc*agauss(0,1.0,1) + gauss(3, 0.1, 1)") == 4.7


def test_a_comparison_is_one_or_zero() -> None:
    scope = Scope(assignments("corner=0 noise='(corner==0)*3.2e+041 + (corner==1)*4'"), {})
    assert scope.evaluate("(corner==0)*3.2e+041 + (corner==1)*4") == 3.2e41
    assert set(assignments("corner=0 noise='(corner==0)*3'")) == {"corner", "noise"}


def test_names_of_spice_may_be_keywords_of_python() -> None:
    assert Scope({"as": "2", "is": "1e-3"}, {}).evaluate("{as}/{is}") == 2000.0


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("{nowhere}", "'nowhere' is not defined"),
        ("{a}", "depends on itself"),
        ("{1 +}", "invalid syntax"),
        ("{1/0}", "division by zero"),
        ("{limit(1,2)}", "no function 'limit'"),
        ("{c < 2}", "'c < 2' is not understood"),
    ],
)
def test_what_cannot_be_evaluated_is_an_error(expression: str, reason: str) -> None:
    with pytest.raises(pdk.PdkError, match=reason):
        Scope({"a": "b", "b": "{a + 1}"}, {}).evaluate(expression)
