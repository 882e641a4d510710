// SPDX-License-Identifier: GPL-3.0-or-later
// The table of all trials: filter, sort, compare up to four side by side.
R.MOST = 4;
R.FIRST = 100;
R.view = { filter: "", sort: 0, down: false, all: false, compared: [] };
R.place = Object.fromEntries(R.data.columns.map((column, index) => [column.key.toLowerCase(), index]));
R.place.nmse ??= R.place["held-out nmse"];
R.byNumber = new Map(R.data.rows.map((row) => [row[0], row]));

/** What a figure says about a trial. */
R.hover = (number) => {
  const row = R.byNumber.get(number);
  const escaped = (text) => String(text).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const lines = R.data.columns.flatMap((column, index) => (column.hover && row[index] !== null && row[index] !== undefined
    ? [`${column.label} ${R.show(row[index], column.unit)}`] : []));
  return [`<b>trial ${number}</b>, ${escaped(row[1])}`, ...lines.map(escaped)].join("<br>");
};

/** The conditions of a filter: words that the row has, and comparisons that hold. */
R.conditions = (text) => text.trim().split(/\s+/).filter(Boolean).map((part) => {
  const found = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.*)$/.exec(part);
  const column = found ? R.place[found[1].toLowerCase()] : undefined;
  if (column === undefined) {
    const word = part.toLowerCase();
    return (row) => row.some((value) => typeof value === "string" && value.toLowerCase().includes(word));
  }
  const wanted = R.number(found[3]);
  const tests = { "<": (a) => a < wanted, ">": (a) => a > wanted, "<=": (a) => a <= wanted, ">=": (a) => a >= wanted };
  return (row) => {
    const value = row[column];
    if (found[2] in tests) return typeof value === "number" && tests[found[2]](value);
    const same = typeof value === "number" ? value === wanted : String(value).toLowerCase() === found[3].toLowerCase();
    return same === (found[2] === "=");
  };
});

R.filtered = () => {
  const conditions = R.conditions(R.view.filter);
  const kept = R.data.rows.filter((row) => conditions.every((holds) => holds(row)));
  return R.sorted(kept, (row) => row[R.view.sort], R.view.down);
};

R.trialLink = (number) => R.element("a", { href: `#trial-${number}` }, String(number));

R.trials = () => {
  const tabled = document.getElementById("trial-table");
  if (!tabled) return;
  const table = tabled.querySelector("table");
  const head = R.data.columns.map((column, index) => {
    const cell = R.element("th", { class: column.kind === "number" ? "number" : "" }, column.label);
    cell.addEventListener("click", () => {
      R.view.down = R.view.sort === index && !R.view.down;
      R.view.sort = index;
      R.fill();
    });
    return cell;
  });
  table.append(R.element("thead", {}, R.element("tr", {}, R.element("th", { class: "tick", title: "compare" }, ""), ...head)), R.element("tbody"));
  R.tools(tabled, () => [R.data.columns.map((c) => (c.unit ? `${c.key} (${c.unit})` : c.key)), ...R.filtered()]);
  const filter = document.getElementById("filter");
  filter.value = R.view.filter;
  filter.addEventListener("input", () => { R.view.filter = filter.value; R.fill(); });
  document.getElementById("more").addEventListener("click", () => { R.view.all = true; R.fill(); });
  R.fill();
};

R.fill = () => {
  const table = document.querySelector("#trial-table table");
  const rows = R.filtered();
  const shown = R.view.all ? rows : rows.slice(0, R.FIRST);
  const front = new Set(R.data.front.length > 1 ? R.data.front : []);
  table.tBodies[0].replaceChildren(...shown.map((row) => {
    const number = row[0];
    const tick = R.element("input", { type: "checkbox", "aria-label": `compare trial ${number}` });
    tick.checked = R.view.compared.includes(number);
    tick.addEventListener("change", () => R.toggle(number, tick.checked));
    const cells = row.map((value, index) => {
      const column = R.data.columns[index];
      const content = index === 0 ? R.trialLink(number) : R.show(value, column.unit);
      return R.element("td", column.kind === "number" ? { class: "number" } : {}, content);
    });
    const kind = number === R.data.best ? "best" : front.has(number) ? "front" : String(row[1]).split(":")[0];
    return R.element("tr", { class: kind, "data-trial": number }, R.element("td", { class: "tick" }, tick), ...cells);
  }));
  const heads = table.tHead.rows[0].cells;
  R.mark(heads, heads[R.view.sort + 1], R.view.down);
  document.getElementById("count").textContent = `${rows.length} of ${R.data.rows.length} trials`;
  const more = document.getElementById("more");
  more.hidden = shown.length === rows.length;
  more.textContent = `Show all ${rows.length}`;
  R.compare();
  R.remember();
};

R.toggle = (number, wanted) => {
  const others = R.view.compared.filter((each) => each !== number);
  R.view.compared = wanted ? [...others, number].slice(-R.MOST) : others;
  R.fill();
};

R.curves = (numbers) => {
  const layout = R.figure("learning-curves").layout;
  const colours = ["#2f81d6", "#d9822b", "#2a9d74", "#a05fc4"];
  const row = R.data.rows.map((each) => each[0]);
  const data = numbers.map((number, index) => {
    const curve = R.data.curves[row.indexOf(number)];
    return {
      type: "scatter", mode: "lines+markers", name: `trial ${number}`, x: curve.map((_, epoch) => epoch), y: curve,
      line: { color: colours[index % colours.length], width: 2 }, marker: { size: 5 }, customdata: curve.map(() => number),
      hovertemplate: "trial %{customdata}, %{x} epochs: %{y:.4g}<extra></extra>",
    };
  });
  return { data, layout: { ...layout, height: 300, showlegend: true } };
};

R.compare = () => {
  const box = document.getElementById("compare");
  const numbers = R.view.compared.filter((number) => R.byNumber.has(number));
  R.forget(box);
  box.replaceChildren();
  if (!numbers.length) return;
  const rows = numbers.map((number) => R.byNumber.get(number));
  const body = R.data.columns.slice(1).map((column, index) => {
    const values = rows.map((row) => R.show(row[index + 1], column.unit));
    const differs = new Set(values).size > 1;
    return R.element("tr", { class: differs ? "differs" : "" }, R.element("th", { scope: "row" }, column.label),
      ...values.map((value) => R.element("td", { class: "number" }, value)));
  });
  const head = R.element("tr", {}, R.element("th", {}, "trial"), ...numbers.map((number) => {
    const drop = R.element("button", { type: "button", class: "drop", title: `leave out trial ${number}` }, "×");
    drop.addEventListener("click", () => R.toggle(number, false));
    return R.element("th", { class: "number" }, R.trialLink(number), " ", drop);
  }));
  const tabled = R.element("div", { class: "tabled", "data-csv": "compared" }, R.element("div", { class: "scroll" },
    R.element("table", {}, R.element("thead", {}, head), R.element("tbody", {}, ...body))));
  R.tools(tabled, () => [["quantity", ...numbers.map((n) => `trial ${n}`)],
    ...R.data.columns.slice(1).map((c, i) => [c.unit ? `${c.key} (${c.unit})` : c.key, ...rows.map((row) => row[i + 1])])]);
  box.append(R.element("h3", {}, "Side by side"), tabled);
  if (document.getElementById("json-learning-curves")) {
    const place = R.element("div", { class: "plot", id: "figure-compared" });
    box.append(place);
    R.draw(place, R.curves(numbers));
  }
};
