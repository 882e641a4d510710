# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading text files that people give: UTF-8, with or without a byte order mark."""

from __future__ import annotations

import codecs
from pathlib import Path

from sweep._errors import Problem

_MARKS = (  # UTF-32 first: its little-endian mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decoded(content: bytes) -> str:
    """The text of a file's bytes, without a byte order mark.

    **Raises:** `ValueError` with the encoding that the bytes have, as far as that can be told.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            msg = f"it is text in {name}"
            raise ValueError(msg)
    if b"\0" in content:
        # ASCII characters of UTF-16 have a zero byte each, and are UTF-8 all the same.
        wide = max(content[::2].count(0), content[1::2].count(0)) > len(content) // 8
        msg = "it is text in UTF-16" if wide else "it is no text: it holds zero bytes"
        raise ValueError(msg)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        shown = content[error.start : error.start + 1].decode("cp1252", "replace")
        guess = f"in Windows-1252 it would be {shown!r}"
        msg = f"byte 0x{byte:02X} in line {line} is no UTF-8 ({guess})"
        raise ValueError(msg) from error


def read_text(path: Path, *, what: str) -> str | Problem:
    """Returns the text of a file, or what is wrong with the file.

    **Arguments:**

    - `path`: the file.
    - `what`: what it is to hold, such as `a study file`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return Problem(str(path), "", error.strerror or str(error), f"{what} that can be read")
    try:
        return decoded(content)
    except ValueError as error:
        hint = "save it as UTF-8"
        return Problem(str(path), "", str(error), f"{what} in UTF-8", hint)
