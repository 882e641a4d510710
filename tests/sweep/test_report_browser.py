# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a browser: what a reader sees and clicks."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from sweep._numbers import UNKNOWN
from sweep.app.report import find_out
from sweep.report import Findings, page
from sweep.report._choice import costs_of, weighted_choice
from sweep.results.overview import COMPLETE, FAILED, Failure
from sweep.results.study_results import Results
from tests.chromium import CHROMIUM, Chromium
from tests.sweep.browser import visit

pytest_plugins = ["tests.sweep.finished"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

LOOK = """
const shown = () => [...document.querySelectorAll("main:not([hidden]) .plot")]
  .filter((place) => !place.closest("details:not([open]), [hidden]"));
const look = async () => {
  await report.drawAll();
  await sleep(100);
  return {
    figures: shown().length,
    blank: shown().filter((place) => !place.querySelector(".main-svg, canvas")).map((place) => place.id),
    untitled: shown().filter((place) => Object.entries(place.layout || {}).some(([name, axis]) =>
      /^[xy]axis$/.test(name) && axis.visible !== false && !(axis.title && axis.title.text))).map((place) => place.id),
    outside: shown().map((place) => place.closest(".sideways") || place).filter((place) => place.getBoundingClientRect().right > innerWidth + 1).map((place) => place.id),
  };
};
"""
CHOOSE = """
const choosers = [...document.querySelectorAll("main:not([hidden]) [data-choice]")];
const broken = [];
for (const chooser of choosers) {
  const place = chooser.querySelector(".plot");
  for (const list of chooser.querySelectorAll("select")) {
    for (const option of list.options) {
      list.value = option.value;
      list.dispatchEvent(new Event("change", { bubbles: true }));
      await report.drawn.get(place);
      if (!place.querySelector(".main-svg, canvas")) broken.push(place.dataset.figure);
    }
  }
}
const tabs = [...document.querySelectorAll("main:not([hidden]) [data-tabs]")];
for (const each of tabs) {
  const list = each.querySelector("select");
  for (const option of list.options) {
    list.value = option.value;
    list.dispatchEvent(new Event("change", { bubbles: true }));
    const shown = [...each.querySelectorAll(".tab:not([hidden]) .plot")];
    while (!shown.every((place) => place.querySelector(".main-svg"))) {
      shown.find((place) => !place.querySelector(".main-svg")).scrollIntoView();
      await sleep(50);
    }
    if (shown.length < 5) broken.push(option.textContent);
  }
}
return { choosers: choosers.length, tabs: tabs.length, broken };
"""
CLICK = """
const place = document.getElementById("figure-front");
place.scrollIntoView();
await report.draw(place);
const trace = place.data.find((each) => each.name === "Pareto front");
const { xaxis, yaxis } = place._fullLayout;
const drag = place.querySelector(".nsewdrag");
const box = drag.getBoundingClientRect();
const points = place.data.flatMap((each) => [...each.x].map((x, i) => [xaxis.d2p(x), yaxis.d2p(each.y[i]), each.customdata?.[i]]));
// Of those with a full page the one with most room around it: of two on the same spot, a click finds either.
const room = (i) => Math.min(...points.filter((p) => p[2] !== undefined && p[2] !== trace.customdata[i])
  .map((p) => Math.hypot(p[0] - xaxis.d2p(trace.x[i]), p[1] - yaxis.d2p(trace.y[i]))));
const full = [...trace.x.keys()].filter((i) => PAGES.includes(Number(trace.customdata[i])));
const chosen = full.reduce((best, i) => (room(i) > room(best) ? i : best), full[0]);
const at = { bubbles: true, view: window, clientX: box.left + xaxis.d2p(trace.x[chosen]), clientY: box.top + yaxis.d2p(trace.y[chosen]) };
const until = async (holds) => { for (let i = 0; i < 200 && !holds(); i++) await sleep(50); };
for (const kind of ["mouseover", "mousemove", "mousedown", "mouseup", "click"]) {
  (kind === "mouseup" ? document : drag).dispatchEvent(new MouseEvent(kind, at));
  if (kind === "mousemove") await until(() => place._hoverdata?.length);
  await sleep(200);
}
await until(() => document.querySelector("#trial h1"));
const spot = [xaxis.d2p(trace.x[chosen]), yaxis.d2p(trace.y[chosen])];
const near = points.filter((p) => p[2] !== undefined && Math.hypot(p[0] - spot[0], p[1] - spot[1]) < 20).map((p) => Number(p[2]));
const clicked = { near, address: location.hash, heading: document.querySelector("#trial h1")?.textContent };
"""


@pytest.fixture(scope="session")
def found(wide: Results) -> Findings:
    return find_out(wide, pages=3)


@pytest.fixture(scope="session")
def text(found: Findings) -> str:
    return page(found)


def test_the_study_is_as_large_as_it_should_be(found: Findings) -> None:
    seen = found.overview
    assert len(seen.trials) >= 200
    assert len(seen.objectives) == 2
    assert len(seen.ladder) == 3
    assert len(seen.front) >= 2
    assert seen.of(FAILED)
    assert len(found.pages) == 3
    assert [target.title.split(" (")[0] for target in found.targets] == [
        "held-out NMSE",
        "energy per training point",
        "rung 1",
        "rung 2",
    ]
    for target in found.targets:
        assert set(target.shares) == {"PED-ANOVA", "fANOVA"}
        for shares in target.shares.values():
            assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("width", [1200, 500])
def test_every_figure_of_the_study_is_drawn_with_named_axes(
    text: str, tmp_path: Path, width: int
) -> None:
    seen = visit(text, LOOK + "return await look();", tmp_path, width=width)
    assert seen["figures"] >= 20
    assert seen["blank"] == []
    assert seen["untitled"] == []
    assert seen["outside"] == []


def test_the_title_of_a_colour_bar_stands_above_it(text: str, tmp_path: Path) -> None:
    act = """
    await report.drawAll();
    return [...document.querySelectorAll(".colorbar")].map((bar) => {
      const title = bar.querySelector(".cbtitle text"), fill = bar.querySelector(".cbfills");
      if (!title || !fill) return null;
      const line = [...title.querySelectorAll("tspan.line")][0] || title;
      return fill.getBoundingClientRect().top - line.getBoundingClientRect().bottom;
    }).filter((gap) => gap !== null && isFinite(gap));
    """
    gaps = visit(text, act, tmp_path)
    assert len(gaps) >= 2
    assert min(gaps) >= 0


def test_every_choice_among_figures_is_drawn(text: str, tmp_path: Path) -> None:
    seen = visit(text, CHOOSE, tmp_path)
    assert seen == {"choosers": 7, "tabs": 1, "broken": []}


def test_a_front_of_three_objectives_is_drawn_in_any_pair_and_in_space(
    three: Results, tmp_path: Path
) -> None:
    act = """
    const place = document.getElementById("figure-front");
    await report.drawAll();
    const list = document.querySelector("#choice-front select");
    const seen = [];
    for (const option of list.options) {
      list.value = option.value;
      list.dispatchEvent(new Event("change", { bubbles: true }));
      await report.drawn.get(place);
      const { scene, meta } = place.layout;
      seen.push([meta.objectives, scene ? [scene.xaxis, scene.yaxis, scene.zaxis].map((axis) => axis.title.text) : []]);
    }
    await sleep(300);
    document.getElementById("theme").click();
    await sleep(300);
    return seen;
    """
    seen = visit(page(find_out(three, pages=1)), act, tmp_path)
    titles = ["held-out NMSE", "energy per training point (J)", "area (um2)"]
    assert seen == [[[0, 1], []], [[0, 2], []], [[1, 2], []], [[0, 1, 2], titles]]


def test_a_click_on_the_front_leads_to_the_page_of_the_trial(
    text: str, found: Findings, tmp_path: Path
) -> None:
    pages = list(found.pages)
    act = f"const PAGES = {pages};" + LOOK + CLICK + "return { ...clicked, ...await look() };"
    seen = visit(text, act, tmp_path)
    # Where points crowd, a click finds the nearest of those under it.
    assert seen["near"]
    assert seen["address"] in {f"#trial-{number}" for number in seen["near"]}
    assert seen["heading"] == f"Trial {seen['address'].removeprefix('#trial-')}"
    assert seen["figures"] >= (10 if int(seen["address"].removeprefix("#trial-")) in pages else 1)
    assert seen["blank"] == seen["untitled"] == []


def test_the_slider_goes_through_the_epochs(text: str, found: Findings, tmp_path: Path) -> None:
    assert found.led is not None
    assert found.led.history is not None
    number = found.led.view.number
    act = f"""
    await report.drawAll();
    const place = document.getElementById("figure-t{number}-course");
    const now = () => [...place.data[place.data.length - 1].y];
    const last = now();
    await Plotly.animate(place, ["0"], {{ mode: "immediate", frame: {{ duration: 0, redraw: false }}, transition: {{ duration: 0 }} }});
    return [now(), last];
    """
    first, last = visit(text, act, tmp_path, address=f"#trial-{number}")
    assert first == pytest.approx(found.led.history.held_out[0][:, 0].tolist(), rel=1e-4)
    assert last == pytest.approx(found.led.history.held_out[-1][:, 0].tolist(), rel=1e-4)


def test_filter_sort_comparison_and_csv_of_the_trials(
    text: str, found: Findings, tmp_path: Path
) -> None:
    done = sorted(found.overview.of(COMPLETE), key=lambda trial: (trial.nmse, trial.number))
    assert len(done) >= 8
    wanted = done[: max(7, len(done) // 2)]
    limit = float(f"{(wanted[-1].nmse + done[len(wanted)].nmse) / 2:.6g}")
    act = """
    const limit = LIMIT;
    const filter = document.getElementById("filter");
    filter.value = `complete nmse<${limit}`;
    filter.dispatchEvent(new Event("input"));
    const table = document.querySelector("#trial-table table");
    const head = [...table.tHead.rows[0].cells].find((cell) => cell.textContent === "NMSE");
    head.click();
    const numbers = () => [...table.tBodies[0].rows].map((row) => Number(row.dataset.trial));
    const up = numbers();
    head.click();
    const down = numbers();
    for (const number of up.slice(0, 5)) {
      [...table.tBodies[0].rows].find((row) => Number(row.dataset.trial) === number).querySelector("input").click();
    }
    await sleep(100);
    const compared = [...document.querySelectorAll("#compare thead th.number a")].map((link) => Number(link.textContent));
    const csv = report.csv(report.cells(document.querySelector("#compare table")));
    const saved = [];
    URL.createObjectURL = (blob) => { saved.push(blob); return "blob:none"; };
    const link = document.querySelector("#trial-table .save");
    link.addEventListener("click", (event) => event.preventDefault());
    link.click();
    return { up, down, compared, csv, saved: await saved[0].text(), words: document.getElementById("count").textContent };
    """
    seen = visit(text, act.replace("LIMIT", repr(limit)), tmp_path)
    numbers = [trial.number for trial in wanted]
    assert seen["up"] == numbers
    assert set(seen["down"]) == set(numbers)
    assert seen["down"][0] == numbers[-1]
    assert seen["compared"] == numbers[1:5], "the last four that were ticked"
    assert seen["csv"].count("\n") > 8
    lines = seen["saved"].splitlines()
    assert lines[0].startswith("trial,state,rung,energy (J),nmse,before")
    assert len(lines) == len(numbers) + 1
    assert seen["words"] == f"{len(numbers)} of {len(found.overview.trials)} trials"


@pytest.mark.parametrize("weights", [(0.9, 0.1), (0.5, 0.5), (0.05, 1.0)])
def test_the_weights_choose_what_the_library_chooses(
    text: str, found: Findings, tmp_path: Path, weights: tuple[float, float]
) -> None:
    act = f"""
    document.querySelectorAll(".weights input").forEach((s, i) => {{ s.value = {list(weights)}[i]; }});
    await report.draw(document.getElementById("figure-front"));
    document.querySelector(".weights input").dispatchEvent(new Event("input"));
    const trace = document.getElementById("figure-front").data.find((each) => each.name === "weighted choice");
    return [Number(document.querySelector("#weighted a").textContent.replace("trial ", "")), trace.customdata[0]];
    """
    done = found.overview.of(COMPLETE)
    costs = costs_of(np.array([trial.values for trial in done]), [False, False])
    chosen = weighted_choice(costs, weights)
    assert chosen is not None
    assert visit(text, act, tmp_path) == [done[chosen].number] * 2


def test_a_watched_page_loads_what_is_new_and_keeps_its_state(
    found: Findings, text: str, tmp_path: Path
) -> None:
    act = """
    document.getElementById("filter").value = "complete";
    document.getElementById("filter").dispatchEvent(new Event("input"));
    report.toggle(report.data.best, true);
    location.hash = `trial-${report.data.best}`;
    return document.getElementById("live").hidden;
    """
    look = """
    return [document.getElementById("filter").value, report.view.compared, location.hash, report.shown,
      document.getElementById("live").hidden];
    """
    best = found.overview.best
    assert best is not None
    file = tmp_path / "report.html"
    file.write_text(page(found, refresh=5.0), encoding="utf-8")
    with Chromium(tmp_path) as browser:
        browser.window(1200)
        browser.open(file.as_uri())
        file.write_text(text, encoding="utf-8")  # the last one, that of a driver that has ended
        assert browser.does(act) is False
        browser.wait("Page.loadEventFired")
        told = browser.does(look)
        assert browser.does("return errors;") == []
    assert told == ["complete", [best.number], f"#trial-{best.number}", best.number, True]


def test_figures_are_drawn_when_they_come_near(text: str, tmp_path: Path) -> None:
    act = """
    const places = [...document.querySelectorAll("#study .plot")].filter((place) => !place.closest("[hidden]"));
    const drawn = () => places.filter((place) => place.querySelector(".main-svg, canvas")).length;
    const until = async (holds) => { while (!holds()) await sleep(50); };
    await until(() => drawn() > 0);
    await sleep(500);
    const first = drawn();
    for (const place of places) {
      place.scrollIntoView();
      await until(() => place.querySelector(".main-svg, canvas"));
    }
    return { all: places.length, first, drawn: drawn() };
    """
    seen = visit(text, act, tmp_path)
    assert 0 < seen["first"] < seen["all"] / 2
    assert seen["drawn"] == seen["all"]


@pytest.mark.parametrize("address", ["", "#trial-BEST"])
def test_all_figures_are_drawn_on_paper(
    text: str, found: Findings, address: str, tmp_path: Path
) -> None:
    watch = """
    window.addEventListener("afterprint", () => {
      const places = [...document.querySelectorAll("main:not([hidden]) .plot")]
        .filter((place) => !place.closest("details:not([open]), [hidden]"));
      window.printed = {
        figures: places.length,
        blank: places.filter((place) => !place.querySelector(".main-svg, canvas")).map((place) => place.id),
      };
    });
    """
    assert found.overview.best is not None
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    with Chromium(tmp_path) as browser:
        browser.window(1200)
        browser.open(file.as_uri() + address.replace("BEST", str(found.overview.best.number)))
        browser.does(watch)
        assert browser.printed().startswith(b"%PDF")
        told = browser.does("while (!window.printed) await sleep(20); return printed;")
        assert browser.does("return errors;") == []
    assert told["figures"] >= 10
    assert told["blank"] == []


@pytest.mark.parametrize("state", ["empty", "failing", "mixed", "stopped", "climbed"])
def test_studies_in_every_state_are_drawn(
    state: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    found = find_out(request.getfixturevalue(state), pages=2)
    seen = visit(page(found), LOOK + "return await look();", tmp_path, width=500)
    assert seen["blank"] == seen["untitled"] == seen["outside"] == []
    for trial in found.overview.trials[:2]:
        there = visit(
            page(found), LOOK + "return await look();", tmp_path, address=f"#trial-{trial.number}"
        )
        assert there["blank"] == there["untitled"] == []


def test_unknown_numbers_and_unusual_names_do_no_harm(found: Findings, tmp_path: Path) -> None:
    nasty = "</script><b>ß 漢字 & \"quoted\" '%'\u2028</b>"
    seen = found.overview
    first, second, *rest = (t for t in seen.trials if t.state == COMPLETE)
    failed = seen.of(FAILED)[0]
    trials = (
        dataclasses.replace(first, values=(math.nan, 1e-9), curve=(math.nan, math.inf)),
        dataclasses.replace(second, values=(0.5, math.nan), energy=math.nan, before=math.nan),
        dataclasses.replace(failed, failure=Failure("crashed", nasty, nasty, 0)),
        *rest,
    )
    entry = next(parameter for parameter in found.parameters if parameter.choices)
    changed = dataclasses.replace(
        found,
        overview=dataclasses.replace(seen, name=nasty, trials=trials),
        parameters=(
            *(p for p in found.parameters if p is not entry),
            dataclasses.replace(entry, choices=(*entry.choices, nasty)),
        ),
        study_text=nasty,
    )
    told = visit(
        page(changed),
        LOOK + "return { ...await look(), heading: document.querySelector('h1').textContent,"
        " best: document.querySelector('[data-csv=best]').textContent };",
        tmp_path,
    )
    assert UNKNOWN not in told["best"], "the best value is one that is known"
    assert told["heading"] == nasty
    assert told["blank"] == told["untitled"] == []
