// SPDX-License-Identifier: GPL-3.0-or-later
// The page of each trial, shown at the address #trial-17.
R.shown = null;

R.tile = (name, value, words = "") => R.element("div", {}, R.element("dt", {}, name),
  R.element("dd", {}, value, R.element("small", {}, words)));

R.trialHead = (row) => {
  const number = row[0];
  const at = (key) => row[R.data.columns.findIndex((column) => column.key === key)];
  const state = String(at("state"));
  const rung = at("rung") === undefined ? "" : `, rung ${at("rung")}`;
  const order = R.filtered().map((each) => each[0]);
  const here = order.indexOf(number);
  const step = (to, text) => (to === undefined ? "" : R.element("a", { class: "button", href: `#trial-${to}` }, text));
  const tiles = R.data.columns.map((column, index) => [column, row[index]])
    .filter(([column]) => !column.parameter && !["trial", "state", "rung"].includes(column.key))
    .map(([column, value]) => R.tile(column.label, R.show(value, column.unit), column.objective ? "objective" : ""));
  const marks = [number === R.data.best ? "best" : "", R.data.front.includes(number) && R.data.front.length > 1 ? "Pareto front" : "",
  ].filter(Boolean).join(", ");
  return R.element("header", {},
    R.element("p", { class: "steps" }, R.element("a", { class: "button", href: "#trials" }, "← all trials"),
      step(order[here - 1], "previous"), step(here < 0 ? undefined : order[here + 1], "next")),
    R.element("h1", {}, `Trial ${number}`),
    R.element("p", { class: "lead" }, `${state}${rung}${marks ? ` · ${marks}` : ""}`),
    ...(R.data.warnings[number] ?? []).map((words) => R.element("p", { class: "note" }, words)),
    R.element("dl", { class: "tiles" }, ...tiles));
};

R.failureWords = (number) => {
  const failure = R.data.failures[number];
  if (!failure) return "";
  const where = failure.epoch === null ? "" : ` in epoch ${failure.epoch + 1}`;
  return R.element("section", {}, R.element("h2", {}, "Why it failed"),
    R.element("p", { class: "failed" }, `${failure.cause}${where}`), R.element("pre", {}, failure.words || "no words"));
};

/** A trial without a page of its own: parameters in their ranges, and its learning curve. */
R.lightPage = (row) => {
  const number = row[0];
  const rows = R.data.columns.map((column, index) => [column, row[index]]).filter(([column]) => column.parameter)
    .map(([column, value]) => {
      const searched = column.range ? column.range.map((end) => R.show(end, column.unit)).join(" to ") : column.choices.join(", ");
      const ruler = R.element("span", { class: "ruler" });
      if (column.range && typeof value === "number") {
        const [low, high] = column.range.map((end) => (column.log ? Math.log(end) : end));
        const place = high > low ? ((column.log ? Math.log(value) : value) - low) / (high - low) : 0.5;
        ruler.append(R.element("i", { style: `left:${(100 * place).toFixed(1)}%` }));
      }
      return R.element("tr", {}, R.element("td", {}, column.label), R.element("td", { class: "value" }, R.show(value, column.unit)),
        R.element("td", {}, column.range ? ruler : ""), R.element("td", { class: "range" }, searched),
        R.element("td", { class: "range" }, column.legal), R.element("td", { class: "words" }, column.meaning));
    });
  const head = ["parameter", "value", "in the searched range", "searched", "legal", "meaning"];
  const table = R.element("div", { class: "tabled", "data-csv": `trial-${number}-parameters` }, R.element("div", { class: "scroll" },
    R.element("table", {}, R.element("thead", {}, R.element("tr", {}, ...head.map((text) => R.element("th", {}, text)))),
      R.element("tbody", {}, ...rows))));
  const parts = [R.failureWords(number), R.element("section", {}, R.element("h2", {}, "Parameters"), table)];
  const curve = R.data.curves[R.data.rows.indexOf(row)];
  if (curve.length > 1 && document.getElementById("json-learning-curves")) {
    const place = R.element("div", { class: "plot", id: `figure-light-${number}` });
    parts.push(R.element("section", {}, R.element("h2", {}, "Learning curve"), place));
    parts.after = () => R.draw(place, R.curves([number]));
  }
  parts.push(R.element("p", { class: "soft" }, "Fit, weights, updates and schematic are on the pages of trials ",
    ...R.data.pages.flatMap((each, i) => [i ? ", " : "", R.trialLink(each)]),
    ". `sweep report OUT --pages N` makes more of them."));
  return parts;
};

R.showTrial = (number) => {
  const row = R.byNumber.get(number);
  const main = document.getElementById("trial");
  R.forget(main);
  const template = document.getElementById(`page-${number}`);
  const parts = template ? [template.content.cloneNode(true)] : R.lightPage(row);
  main.replaceChildren(R.trialHead(row), ...parts);
  document.getElementById("study").hidden = true;
  main.hidden = false;
  R.tables(main);
  R.choosers(main);
  R.watch(main);
  if (parts.after) parts.after();
  document.title = `Trial ${number}: ${R.data.name}`;
  R.shown = number;
  window.scrollTo(0, 0);
};

R.showStudy = () => {
  const main = document.getElementById("trial");
  R.forget(main);
  main.replaceChildren();
  main.hidden = true;
  document.getElementById("study").hidden = false;
  document.title = `${R.data.name}: study report`;
  R.shown = null;
};

R.route = () => {
  const found = /^#trial-(\d+)$/.exec(location.hash);
  if (found && R.byNumber.has(Number(found[1]))) { R.showTrial(Number(found[1])); return; }
  const back = R.shown !== null;
  R.showStudy();
  const anchor = document.getElementById(location.hash.slice(1) || "top");
  if (anchor && (back || location.hash)) anchor.scrollIntoView();
};
