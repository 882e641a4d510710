# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of docs/python.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweep import Study
from tests.sweep.test_scenarios import quasistatic

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.mark.usefixtures("ray_session")
def test_the_documented_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(quasistatic("", trials=2).text)
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    for name in ("study.toml", "out/study"):
        example = example.replace(f'"{name}"', repr(str(tmp_path / name)))
    scope: dict[str, object] = {}
    exec(compile(example, str(DOCUMENT), "exec"), scope)
    study = scope["study"]
    assert isinstance(study, Study)
    printed = capsys.readouterr().out
    assert str(study.best.parameters) in printed
    assert "parameters.multiplicity" in printed or "..." in printed
    assert len(study.trials) == 2


def test_the_document_names_what_a_study_has() -> None:
    text = DOCUMENT.read_text()
    public = [name for name in dir(Study) if not name.startswith("_")]
    assert [name for name in public if not re.search(rf"\b{name}\b", text)] == []
