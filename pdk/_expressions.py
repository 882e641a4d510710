# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of the parameter expressions of the model files.

They may contain only what those files use: numbers without unit suffix, names, `+ - * / ** ==`, braces as
parentheses, and a few functions. Random functions give their nominal value, as they do in a
simulator whose Monte Carlo switch is off.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from typing import TYPE_CHECKING

from pdk._errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[float], float]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "min": min,
    "max": max,
    "agauss": lambda nominal, *_: nominal,
    "gauss": lambda nominal, *_: nominal,
}
_ASSIGNMENT = re.compile(r"([a-z_]\w*)\s*=(?!=)\s*")
_PARENTHESES = str.maketrans("{}", "()")
_NAME = re.compile(r"(?<![\w.])(?=[a-z_])")
_PREFIX = "spice_"  # `as`, the source area, is a keyword of Python


def assignments(statement: str) -> dict[str, str]:
    """Splits `a = 1 b = {a + 2}` into names and expressions (all in lower case)."""
    lowered = statement.lower()
    found = list(_ASSIGNMENT.finditer(lowered))
    ends = [match.start() for match in found[1:]] + [len(lowered)]
    return {
        match.group(1): lowered[match.end() : end].strip()
        for match, end in zip(found, ends, strict=True)
    }


class Scope:
    """Parameters that refer to each other, evaluated when asked for.

    **Arguments:**

    - `parameters`: expressions by name, in lower case.
    - `values`: numbers that take precedence over `parameters`.
    """

    def __init__(self, parameters: Mapping[str, str], values: Mapping[str, float]) -> None:
        self._parameters = parameters
        self._known = dict(values)
        self._pending: set[str] = set()

    def evaluate(self, expression: str) -> float:
        """The value of an expression.

        **Raises:** `ModelFileError` where it cannot be evaluated.
        """
        try:
            python = _NAME.sub(_PREFIX, expression.translate(_PARENTHESES))
            tree = ast.parse(python, mode="eval")
            return float(self._value(tree.body))
        except (SyntaxError, TypeError, ValueError, ArithmeticError) as error:
            msg = f"Cannot evaluate {expression!r} of the model files: {error}."
            raise ModelFileError(msg) from error

    def _value(self, node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name):
                return self._parameter(name.removeprefix(_PREFIX))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _BINARY[type(op)](self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                return float(self._value(left) == self._value(right))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self._value(operand))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._function(name.removeprefix(_PREFIX))(*map(self._value, args))
        msg = f"{ast.unparse(node).replace(_PREFIX, '')!r} is not understood"
        raise ValueError(msg)

    @staticmethod
    def _function(name: str) -> Callable[..., float]:
        if name not in _FUNCTIONS:
            msg = f"there is no function {name!r}"
            raise ValueError(msg)
        return _FUNCTIONS[name]

    def _parameter(self, name: str) -> float:
        if name not in self._known:
            if name not in self._parameters:
                msg = f"parameter {name!r} is not defined"
                raise ValueError(msg)
            if name in self._pending:
                msg = f"parameter {name!r} depends on itself"
                raise ValueError(msg)
            self._pending.add(name)
            self._known[name] = self.evaluate(self._parameters[name])
            self._pending.discard(name)
        return self._known[name]
