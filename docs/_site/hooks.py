# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of the site's build that are particular to this project.

- A link to a file of the repository outside `docs` (`../studies/demo.toml`) leads to a copy in the site, so that
  pages can be read in a repository browser as well as in the site.
- A comment `<!-- generated: NAME -->` is replaced, with what follows it, by tables made from the program.
- Figures in the notebook share one copy of plotly.js, and the notebook's page loads nothing from the network.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

import generated
from mkdocs.structure.files import File, Files
from plotly.offline import get_plotlyjs

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"\]\(((?:\.\./)+)([\w./-]+)\)")
_MARK = re.compile(r"<!-- generated: (\w+) -->.*", re.DOTALL)
_NETWORK_SCRIPT = re.compile(r'<script[^>]*\ssrc="https?://[^"]*"[^>]*>\s*</script>')
_COPIES = "files"

os.environ.setdefault("PLOTLY_RENDERER", "notebook_connected")


def on_files(files: Files, config: Any) -> Files:
    """Add the files that pages link to and that lie outside `docs`, and the scripts of the pages."""
    linked = {target for page in files.documentation_pages() for target, _ in _outside(page)}
    for target in sorted(linked):
        for path, content in _copies(ROOT / target):
            files.append(File.generated(config, path, content=content))
    files.append(File.generated(config, "assets/plotly.js", content=get_plotlyjs()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links out of `docs` to their copies, and put generated tables in their places."""
    del config, files
    start = PurePosixPath(page.file.src_uri).parent
    for target, link in _outside(page.file):
        path, _ = _copies(ROOT / target)[0]
        markdown = markdown.replace(link, f"]({os.path.relpath(path, start)})")
    return _MARK.sub(lambda mark: generated.PAGES[mark[1]](), markdown)


def on_page_content(html: str, page: Any, config: Any, files: Files) -> str:
    """Give the notebook's page its own plotly.js in place of the scripts of other hosts."""
    del config, files
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    return '<script src="assets/plotly.js"></script>' + _NETWORK_SCRIPT.sub("", html)


def _outside(page: File) -> list[tuple[str, str]]:
    """Return what a page links to outside `docs`, each with the text of the link."""
    if not page.src_uri.endswith(".md"):
        return []
    depth = page.src_uri.count("/") + 1
    return [
        (match[2], match[0])
        for match in _LINK.finditer(page.content_string)
        if match[1].count("../") == depth and (ROOT / match[2]).exists()
    ]


def _copies(source: Path) -> list[tuple[str, bytes | str]]:
    """Return path and content in the site of a file, or of a folder: a list of its files, then these."""
    if not source.is_dir():
        # A copy that ends in `.md` would become a page.
        suffix = ".txt" if source.suffix == ".md" else ""
        return [(f"{_COPIES}/{source.relative_to(ROOT)}{suffix}", source.read_bytes())]
    inside = [copy for path in sorted(source.iterdir()) if path.is_file() for copy in _copies(path)]
    names = "".join(f'<li><a href="{name}">{name}</a></li>' for name in _names(inside))
    return [(f"{_COPIES}/{source.relative_to(ROOT)}/index.html", f"<ul>{names}</ul>"), *inside]


def _names(copies: list[tuple[str, bytes | str]]) -> list[str]:
    return [PurePosixPath(path).name for path, _ in copies]
