# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation: every page is in the navigation, what it quotes can be used, the site builds."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sweep.cli import app
from sweep.study import parse

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NAVIGATION = (ROOT / "mkdocs.yml").read_text("utf-8")

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_PLACEHOLDERS = {"HOST": "host", "DESIGN.toml": "design.toml", "STUDY.toml": "study.toml"}
_NETWORK = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)="https?://[^"]*"')


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, without their indentation."""
    return [
        re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
        for indent, found, text in _BLOCK.findall(page.read_text("utf-8"))
        if found == language
    ]


def shell_lines() -> Iterator[tuple[str, str]]:
    """Each line that a page or the README asks the reader to type, with the page's name."""
    for page in [*PAGES, ROOT / "README.md"]:
        text = page.read_text("utf-8")
        indented = re.findall(r"^    (sweep .*|python -m .*)$", text, re.MULTILINE)
        lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
        for line in [*lines, *indented]:
            if line.strip() and not line.startswith("#"):
                yield page.relative_to(ROOT).as_posix(), line


LINES = sorted(set(shell_lines()))


def test_every_page_is_in_the_navigation() -> None:
    pages = [*PAGES, *DOCS.rglob("*.ipynb")]
    names = [page.relative_to(DOCS).as_posix() for page in pages]
    missing = [
        name
        for name in names
        if not re.search(rf"- (?:\w+: )?{re.escape(name)}$", NAVIGATION, re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{page}-{line}" for page, line in LINES])
def test_a_command_that_a_page_quotes_can_be_given(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    for word, real in _PLACEHOLDERS.items():
        words = [each.replace(word, real) for each in words]
    match words:
        case ["sweep", name, *rest]:
            group: Any = typer.main.get_command(app)
            command = group.get_command(typer.Context(group), name)
            assert command is not None, f"{page}: there is no command {name!r}"
            command.make_context(name, list(rest))
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        case ["python", "-m", "benchmarks", name, *_]:
            assert f'"{name}"' in (ROOT / "benchmarks" / "__main__.py").read_text()
        case _:
            assert words[0] in {".", "cd", "cp", "ray", "git", "pip"}, f"{page}: {line}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_a_whole_study_file_that_a_page_shows_is_valid(page: Path) -> None:
    for text in blocks(page, "toml"):
        own_parts = "stacked" in text  # of the package that docs/plugins.md shows
        if "version = 1" in text and "[space]" in text and not own_parts:
            assert parse(text, source=str(page)).name


def test_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"\]\(((?!https?://)[^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.slow
def test_the_site_builds_without_a_broken_link_and_loads_nothing_from_the_network(
    tmp_path: Path,
) -> None:
    pytest.importorskip("mkdocs_jupyter")
    told = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "DOCS_EXECUTE": "false", "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(PAGES)
    for page in pages:
        assert _NETWORK.findall(page.read_text("utf-8")) == [], page.name
    commands = (tmp_path / "reference" / "commands.html").read_text("utf-8")
    assert "sweep characterize" in commands
    assert "--on-interrupt" in commands
    assert "update.scale" in (tmp_path / "reference" / "fields.html").read_text("utf-8")
    assert "trials_dataframe" in (tmp_path / "reference" / "sweep.html").read_text("utf-8")


@pytest.mark.slow
def test_the_notebook_runs() -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(DOCS / "notebook.ipynb", as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=280, kernel_name="python3", resources={"metadata": {"path": str(DOCS)}}
    )
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    figures = [each for each in shown if "application/vnd.plotly.v1+json" in each.get("data", {})]
    assert len(figures) == 4  # learning curve, fit, weights, curves of the study
