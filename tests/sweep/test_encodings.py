# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as editors of any system save them: read, or refused in a line that names the encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.app._verify_files import _text_differences
from sweep.study.study_file import StudyFileError, load, load_design
from tests.sweep.study_texts import DESIGN, STUDY
from tests.sweep.test_cli import sweep

LOADS = {"study": (load, STUDY), "design": (load_design, DESIGN)}

READ = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CRLF with a mark": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
}

REFUSED = {
    "utf-16": "it is text in UTF-16",
    "utf-16-le": "it is text in UTF-16",
    "utf-16-be": "it is text in UTF-16",
    "utf-32": "it is text in UTF-32",
    "cp1252": "byte 0xB5 in line 1 is no UTF-8 (in Windows-1252 it would be '\N{MICRO SIGN}')",
}


@pytest.mark.parametrize("kind", LOADS)
@pytest.mark.parametrize("saved", READ)
def test_a_byte_order_mark_and_ends_of_lines_mean_nothing(
    tmp_path: Path, kind: str, saved: str
) -> None:
    read, text = LOADS[kind]
    path = tmp_path / "file.toml"
    path.write_bytes(text.encode())
    plain = read(path)
    path.write_bytes(READ[saved](text))
    again = read(path)
    assert again.plan == plain.plan
    assert getattr(again, "fingerprint", "") == getattr(plain, "fingerprint", "")
    assert not again.text.startswith("\ufeff")


@pytest.mark.parametrize("kind", LOADS)
@pytest.mark.parametrize("encoding", REFUSED)
def test_another_encoding_is_named_with_the_file(tmp_path: Path, kind: str, encoding: str) -> None:
    read, text = LOADS[kind]
    path = tmp_path / "file.toml"
    path.write_bytes(("# \N{MICRO SIGN}\n" + text).encode(encoding))
    with pytest.raises(StudyFileError) as caught:
        read(path)
    (line,) = str(caught.value).splitlines()
    assert line == (
        f"{path}: {REFUSED[encoding]}: allowed is a {kind} file in UTF-8 (save it as UTF-8)"
    )


def test_a_file_that_is_no_text_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(b"PK\x03\x04" + bytes(range(1, 128)) + b"\0" * 2)
    said = sweep("validate", path)
    assert said.code == 2
    assert "it is no text: it holds zero bytes" in said.err


def test_an_exported_table_that_an_editor_saved_again_is_the_same(tmp_path: Path) -> None:
    text = "layer,input,output\n0,0,0\n"
    (tmp_path / "weights.csv").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert list(_text_differences(tmp_path, "weights.csv", text)) == []
