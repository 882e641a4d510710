# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long a report of 1,000 trials takes to load, in headless Chromium.

    python -m benchmarks report [--out OUT] [--trials 1000] [--repetitions 7]

Each repetition opens two pages, each in a new browser: a page with only the same plotly.js, which is the
baseline, and then the report. It measures the time since the navigation began, and the processor time of the
process that shows the page. `--out` names a study that was run before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from plotly.offline import get_plotlyjs

from sweep.app.report import find_out
from sweep.driver.driver import Settings, run_study
from sweep.report import page
from sweep.search.opening import OpenedResults, open_results
from sweep.study.study_file import parse
from tests.chromium import Chromium
from tests.sweep.finished import WIDE

_MEGABYTE = 1e6

_WATCH = """
window.seen = {};
// What is to be seen is on the screen when the frame that follows is painted.
const shown = (name) => requestAnimationFrame(() => scheduler.postTask(
  () => { seen[name] ??= performance.now(); }, { priority: "user-blocking" }));
Object.defineProperty(window, "report", { configurable: true, set: (value) => {
  Object.defineProperty(window, "report", { value });
  shown("table");
} });
const look = () => {
  const near = [...document.querySelectorAll("#study .plot")]
    .filter((place) => place.offsetParent && place.getBoundingClientRect().top < innerHeight);
  if (near.length && near.every((place) => place.querySelector(".main-svg"))) shown("figures");
  if (!seen.figures) setTimeout(look, 2);
};
look();
"""
_EMPTY = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><div id="study">'
    '<div class="plot" style="height:400px"></div></div><script>{plotly}</script>'
    '<script>seen.bundle = performance.now(); Plotly.newPlot(document.querySelector(".plot"), []);'
    "</script></body></html>"
)


def main(options: Sequence[str]) -> None:
    """Writes the report of a study, and measures it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report")
    parser.add_argument("--out", type=Path, help="a study's directory")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--repetitions", type=int, default=7)
    asked = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        results = open_results(asked.out) if asked.out else ran(asked.trials, home / "out")
        begun = time.process_time()
        text = page(find_out(results))
        took = time.process_time() - begun
        print(
            f"{len(results.study.trials)} trials: {len(text.encode()) / _MEGABYTE:.1f} MB, of which "
            f"plotly.js {len(get_plotlyjs().encode()) / _MEGABYTE:.1f} MB; written in {took:.0f} s of "
            "processor time"
        )
        measure(home, text, asked.repetitions)


def ran(trials: int, out: Path) -> OpenedResults:
    """Runs a study with two objectives and a ladder, of quasi-static trainings of a 3-4-1 network."""
    text = WIDE.replace("trials = 210", f"trials = {trials}")
    run_study(parse(text, source="report.toml"), Settings(out=out), observer=lambda _: None)
    return open_results(out)


def measure(home: Path, text: str, repetitions: int) -> None:
    """Opens the empty page and the report in turn, and prints their times.

    **Arguments:**

    - `home`: directory for the pages and the browsers' profiles.
    - `text`: HTML of the report.
    - `repetitions`: how often both are opened.
    """
    pages = {"empty page": _EMPTY.format(plotly=get_plotlyjs()), "report": text}
    seen: dict[str, list[Mapping[str, float]]] = {name: [] for name in pages}
    for repetition in range(repetitions):
        for name, content in pages.items():
            file = home / "page.html"
            file.write_text(content, encoding="utf-8")
            with Chromium(home / f"{name}-{repetition}") as browser:
                seen[name].append(opened(browser, file))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    print(f"median (least to most) of {repetitions}; {load}")
    for name, key, words in (
        ("empty page", "bundle", "plotly.js is there"),
        ("empty page", "figures", "an empty plot is drawn"),
        ("empty page", "processor", "processor time until then"),
        ("report", "table", "the table can be used"),
        ("report", "figures", "figures in the window are drawn"),
        ("report", "processor", "processor time until then"),
    ):
        values = [each[key] for each in seen[name]]
        print(
            f"  {name:10}  {words:32} {statistics.median(values):6.2f} s "
            f"({min(values):.2f} to {max(values):.2f})"
        )
    ratios = [
        shown["figures"] / empty["figures"]
        for shown, empty in zip(seen["report"], seen["empty page"], strict=True)
    ]
    print(f"  report's first figures over an empty plot: {statistics.median(ratios):.2f} times")


def opened(browser: Chromium, file: Path) -> dict[str, float]:
    """Returns times of events in the page, s after the navigation began, and the processor time, s."""
    browser.window(1200)
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
    before = browser.processor_time()
    browser.open(file.as_uri())
    told = browser.does("while (!seen.figures) await sleep(5); return seen;")
    took = browser.processor_time() - before
    return {name: value / 1000.0 for name, value in told.items()} | {"processor": took}
