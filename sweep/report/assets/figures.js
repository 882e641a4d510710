// SPDX-License-Identifier: GPL-3.0-or-later
// Figures: drawn when they come near the window, and exchanged where there is a choice.
R.CONFIG = {
  responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  toImageButtonOptions: { format: "svg" },
};
R.drawn = new WeakMap();

R.figure = (name) => {
  const figure = JSON.parse(document.getElementById(`json-${name}`).textContent);
  for (const trace of figure.data) if (trace.meta === "hover") trace.text = trace.customdata.map(R.hover);
  return figure;
};

/** plotly.js takes most of the time until a page is there, so the page is shown before it is read. */
R.plotly = new Promise((done) => {
  R.load = () => {
    const text = document.getElementById("plotly");
    if (!text) return;
    text.remove();
    document.head.append(R.element("script", {}, text.textContent));
    done();
  };
});
R.later = (act) => requestAnimationFrame(() => setTimeout(act));

/** Scenes are pixels, which no style sheet reaches, and know no transparent walls. */
R.paint = (scene) => {
  const colours = getComputedStyle(document.documentElement);
  const of = (name) => colours.getPropertyValue(name).trim();
  for (const axis of [scene.xaxis, scene.yaxis, scene.zaxis]) {
    Object.assign(axis, { showbackground: true, backgroundcolor: of("--panel"), gridcolor: of("--line"),
      linecolor: of("--soft"), color: of("--soft") });
  }
};
R.repaint = () => document.querySelectorAll("#study .plot").forEach((place) => {
  if (place.layout?.scene) R.draw(place);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => R.repaint());

R.draw = (place, figure = null) => {
  const content = figure || R.figure(place.dataset.figure);
  if (content.layout.scene) R.paint(content.layout.scene);
  const config = "noTools" in place.dataset ? { ...R.CONFIG, displayModeBar: false } : R.CONFIG;
  place.style.height = `${content.layout.height}px`;
  const width = content.layout.meta?.width;  // what it needs: a smaller window moves over it sideways
  place.parentElement?.classList.toggle("sideways", Boolean(width));
  place.style.minWidth = width ? `${width}px` : "";
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

/** What is being drawn is finished first: plotly does not bear to lose its place meanwhile. */
R.clear = (place) => Promise.resolve(R.drawn.get(place)).then(() => { if (place.data) Plotly.purge(place); });

/** Figures near the window wait for their turn, those in it first; the page answers in between. */
R.waiting = new Set();
R.turn = async () => {
  if (R.busy) return;
  R.busy = true;
  await R.plotly;
  while (R.waiting.size) {
    const far = (place) => {
      const { top, bottom } = place.getBoundingClientRect();
      return Math.max(0, top - innerHeight, -bottom);
    };
    const place = [...R.waiting].reduce((near, each) => (far(each) < far(near) ? each : near));
    R.waiting.delete(place);
    if (!R.drawn.has(place)) await R.draw(place);
    await new Promise((done) => { R.later(done); });  // it is on the screen before the next one is drawn
  }
  R.busy = false;
};

R.watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) R.waiting.delete(target);
    else if (!R.drawn.has(target)) R.waiting.add(target);
  }
  R.turn();
}, { rootMargin: "400px" });

R.watch = (root) => root.querySelectorAll(".plot").forEach((place) => R.watcher.observe(place));

/** Draw all that is on the shown page, at once; for printing. */
R.drawAll = () => {
  R.load();
  return Promise.all([...document.querySelectorAll("main:not([hidden]) .plot")]
    .filter((place) => !place.closest("details:not([open]), [hidden]"))
    .map((place) => R.drawn.get(place) || R.draw(place)));
};

R.forget = (root) => root.querySelectorAll(".plot").forEach((place) => {
  R.watcher.unobserve(place);
  R.waiting.delete(place);
  R.clear(place);
  R.drawn.delete(place);
});

R.choosers = (root) => root.querySelectorAll("[data-choice]").forEach((chooser) => {
  const lists = [...chooser.querySelectorAll("select")];
  const place = chooser.querySelector(".plot");
  chooser.addEventListener("change", () => {
    place.dataset.figure = `${chooser.dataset.choice}-${lists.map((list) => list.value).join("-")}`;
    R.draw(place);
  });
  for (const list of lists) if (list.options.length < 2) list.parentElement.hidden = true;
});

/** One of several blocks is shown. */
R.tab = (tabs) => {
  const chosen = Number(tabs.querySelector("select").value);
  tabs.querySelectorAll(":scope > .tab").forEach((tab, index) => { tab.hidden = index !== chosen; });
};
R.tabs = (root) => root.querySelectorAll("[data-tabs]").forEach((tabs) => {
  tabs.querySelector("select").addEventListener("change", () => R.tab(tabs));
  R.tab(tabs);
});

/** Paper is white, and nobody scrolls on it. */
window.addEventListener("beforeprint", () => {
  R.onScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  R.repaint();
  R.drawAll();
});
window.addEventListener("afterprint", () => {
  if (R.onScreen) document.documentElement.dataset.theme = R.onScreen;
  else delete document.documentElement.dataset.theme;
  R.repaint();
});
