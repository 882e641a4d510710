// SPDX-License-Identifier: GPL-3.0-or-later
// The reader's weights: which trial of the front they choose, marked in the figure.
R.CHOSEN = "weighted choice";
R.TIE = 1e-3;

/** Costs, of which less is better: logarithms where all are above 0. As `_choice.costs_of`. */
R.costs = (numbers, indices) => {
  const columns = indices.map((index) => {
    const values = numbers.map((number) => R.data.values[number][index] ?? NaN);
    const known = values.filter(Number.isFinite);
    const log = known.length > 0 && Math.min(...known) > 0;
    const sign = R.data.objectives[index].maximise ? -1 : 1;
    return values.map((value) => sign * (log ? Math.log10(value) : value));
  });
  return numbers.map((_, row) => columns.map((column) => column[row]));
};

R.pareto = (costs) => costs.map((own) => own.every(Number.isFinite) && !costs.some((other) =>
  other.every(Number.isFinite) && other.every((c, i) => c <= own[i]) && other.some((c, i) => c < own[i])));

/** As `_choice.weighted_choice`. */
R.weigh = (indices, weights) => {
  const violating = new Set(R.data.violating);
  const numbers = Object.keys(R.data.values).map(Number).filter((number) => !violating.has(number));
  const costs = R.costs(numbers, indices);
  const best = R.pareto(costs);
  const front = numbers.filter((_, i) => best[i]);
  const own = costs.filter((_, i) => best[i]);
  if (!front.length) return null;
  const low = indices.map((_, k) => Math.min(...own.map((c) => c[k])));
  const high = indices.map((_, k) => Math.max(...own.map((c) => c[k])));
  const scores = own.map((c) => {
    const shares = c.map((v, k) => weights[indices[k]] * (high[k] > low[k] ? (v - low[k]) / (high[k] - low[k]) : 0));
    return Math.max(...shares) + R.TIE * shares.reduce((a, b) => a + b, 0);
  });
  return front[scores.indexOf(Math.min(...scores))];
};

R.weights = () => {
  const box = document.querySelector(".weights");
  if (!box) return;
  const sliders = [...box.querySelectorAll("input")];
  const place = document.getElementById("figure-front");
  const update = () => {
    for (const slider of sliders) slider.nextElementSibling.textContent = Number(slider.value).toFixed(2);
    if (!R.drawn.has(place) || !place.data) return;
    const { objectives } = place.layout.meta;
    for (const slider of sliders) slider.disabled = !objectives.includes(Number(slider.dataset.weight));
    const weights = Object.fromEntries(sliders.map((s) => [s.dataset.weight, Number(s.value)]));
    const number = R.weigh(objectives, weights);
    const words = document.getElementById("weighted");
    if (number === null) { words.textContent = "No trial to choose."; return; }
    const values = R.data.values[number];
    const trace = place.data.findIndex((each) => each.name === R.CHOSEN);
    const moved = { customdata: [[number]] };
    ["x", "y", "z"].slice(0, objectives.length).forEach((axis, i) => { moved[axis] = [[values[objectives[i]]]]; });
    const chosen = place.data[trace]?.customdata?.[0];
    if (trace >= 0 && chosen !== number) R.drawn.set(place, Plotly.restyle(place, moved, [trace]));
    const told = R.data.objectives.map((o, i) => `${o.label} ${R.show(values[i], o.unit)}`).join(", ");
    const add = R.element("button", { type: "button" }, "compare");
    add.addEventListener("click", () => R.toggle(number, true));
    words.replaceChildren("Chosen: ", R.element("a", { href: `#trial-${number}` }, `trial ${number}`), `, ${told} `, add);
    R.remember();
  };
  sliders.forEach((slider) => slider.addEventListener("input", update));
  place.addEventListener("drawn", update);
  update();
};
