// SPDX-License-Identifier: GPL-3.0-or-later
// Every table can be copied and downloaded as CSV; its headings sort it.
R.csv = (rows) => rows.map((row) => row.map((value) => {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(",")).join("\n") + "\n";

R.cells = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));

R.tools = (tabled, rows) => {
  if (tabled.querySelector(":scope > .tools")) return;
  const name = `${tabled.dataset.csv}.csv`;
  const copy = R.element("button", { type: "button", title: "Copy as CSV" }, "copy CSV");
  copy.addEventListener("click", async () => {
    const text = R.csv(rows());
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = R.element("textarea", {}, text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    copy.textContent = "copied";
    setTimeout(() => { copy.textContent = "copy CSV"; }, 1200);
  });
  const save = R.element("a", { download: name, href: "#", class: "save", title: `Download ${name}` }, "download CSV");
  save.addEventListener("click", () => {
    save.href = URL.createObjectURL(new Blob([R.csv(rows())], { type: "text/csv" }));
  });
  tabled.prepend(R.element("div", { class: "tools" }, copy, save));
};

/** Sort by a column: numbers with their prefixes as numbers, unknown ones last. */
R.sorted = (rows, value, down) => {
  const keyed = rows.map((row) => [value(row), row]);
  const missing = (key) => key === null || key === undefined || Number.isNaN(key) || key === "";
  keyed.sort(([a], [b]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return down ? -order : order;
  });
  return keyed.map(([, row]) => row);
};

R.mark = (head, chosen, down) => [...head].forEach((cell) => {
  if (cell === chosen) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
  else cell.removeAttribute("aria-sort");
});

R.tables = (root) => root.querySelectorAll(".tabled:not(#trial-table)").forEach((tabled) => {
  const table = tabled.querySelector("table");
  R.tools(tabled, () => R.cells(table));
  const head = table.tHead ? [...table.tHead.rows[0].cells] : [];
  head.forEach((cell, column) => cell.addEventListener("click", () => {
    const down = cell.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const key = (row) => {
      const text = row.cells[column].textContent.trim();
      const number = R.number(text);
      return Number.isNaN(number) ? text : number;
    };
    body.append(...R.sorted([...body.rows], key, down));
    R.mark(head, cell, down);
  }));
});
