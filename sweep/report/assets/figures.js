// SPDX-License-Identifier: GPL-3.0-or-later
// Figures: drawn when they come near the window, and exchanged where there is a choice.
R.CONFIG = {
  responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  toImageButtonOptions: { format: "svg" },
};
R.drawn = new WeakMap();

R.figure = (name) => JSON.parse(document.getElementById(`json-${name}`).textContent);

/** Figures are drawn once plotly is there, which comes last. */
R.plotly = new Promise((done) => { R.ready = done; });

R.draw = (place, figure = null) => {
  const content = figure || R.figure(place.dataset.figure);
  const config = "noTools" in place.dataset ? { ...R.CONFIG, displayModeBar: false } : R.CONFIG;
  place.style.height = `${content.layout.height}px`;
  const done = R.plotly.then(() => Plotly.newPlot(place, { data: content.data, layout: content.layout, frames: content.frames || [], config }))
    .then(() => {
      place.on("plotly_click", (event) => {
        const number = event.points.map((point) => point.customdata).find((value) => Number.isInteger(value));
        if (number !== undefined) location.hash = `trial-${number}`;
      });
      place.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
    });
  R.drawn.set(place, done);
  return done;
};

R.clear = (place) => { if (window.Plotly && place.data) Plotly.purge(place); };

R.watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting && !R.drawn.has(entry.target)) R.draw(entry.target);
  }
}, { rootMargin: "300px" });

R.watch = (root) => root.querySelectorAll(".plot").forEach((place) => R.watcher.observe(place));

/** Draw all that is on the shown page; for printing. */
R.drawAll = () => Promise.all(
  [...document.querySelectorAll("main:not([hidden]) .plot")]
    .filter((place) => !place.closest("details:not([open])"))
    .map((place) => R.drawn.get(place) || R.draw(place)));

R.forget = (root) => root.querySelectorAll(".plot").forEach((place) => {
  R.watcher.unobserve(place);
  R.clear(place);
  R.drawn.delete(place);
});

R.choosers = (root) => root.querySelectorAll("[data-choice]").forEach((chooser) => {
  const lists = [...chooser.querySelectorAll("select")];
  const place = chooser.querySelector(".plot");
  chooser.addEventListener("change", () => {
    place.dataset.figure = `${chooser.dataset.choice}-${lists.map((list) => list.value).join("-")}`;
    R.clear(place);
    R.draw(place);
  });
  for (const list of lists) if (list.options.length < 2) list.parentElement.hidden = true;
});

window.addEventListener("beforeprint", () => { R.drawAll(); });
