// SPDX-License-Identifier: GPL-3.0-or-later
// Colours, what is kept when the page loads itself again, and the start.
R.KEY = `analog-sweep ${R.data.name}`;

R.kept = (store, key) => { try { return JSON.parse(store.getItem(key)); } catch { return null; } };
R.keep = (store, key, value) => { try { store.setItem(key, JSON.stringify(value)); } catch { /* private window */ } };

R.remember = () => {
  if (!R.started) return;
  R.keep(sessionStorage, R.KEY, {
    view: R.view, scroll: window.scrollY, shown: R.shown,
    choices: Object.fromEntries([...document.querySelectorAll("#study [data-choice]")]
      .map((chooser) => [chooser.dataset.choice, [...chooser.querySelectorAll("select")].map((list) => list.value)])),
    tabs: Object.fromEntries([...document.querySelectorAll("#study [data-tabs]")]
      .map((tabs) => [tabs.dataset.tabs, tabs.querySelector("select").value])),
    weights: [...document.querySelectorAll(".weights input")].map((slider) => slider.value),
  });
};

R.recall = () => {
  const kept = R.kept(sessionStorage, R.KEY);
  if (!kept) return;
  Object.assign(R.view, kept.view);
  for (const [name, values] of Object.entries(kept.choices || {})) {
    const chooser = document.querySelector(`#study [data-choice="${CSS.escape(name)}"]`);
    const lists = chooser ? [...chooser.querySelectorAll("select")] : [];
    const known = lists.length === values.length && lists.every((list, i) => [...list.options].some((o) => o.value === values[i]));
    if (!known || !lists.length) continue;
    lists.forEach((list, i) => { list.value = values[i]; });
    chooser.querySelector(".plot").dataset.figure = `${name}-${values.join("-")}`;
  }
  for (const [name, value] of Object.entries(kept.tabs || {})) {
    const list = document.querySelector(`#study [data-tabs="${CSS.escape(name)}"] select`);
    if (list && [...list.options].some((option) => option.value === value)) list.value = value;
  }
  document.querySelectorAll(".weights input").forEach((slider, i) => {
    if (kept.weights && kept.weights[i] !== undefined) slider.value = kept.weights[i];
  });
  return kept;
};

R.theme = () => {
  const names = ["", "light", "dark"];
  const set = (name) => {
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
  };
  let now = R.kept(localStorage, "analog-sweep theme") || "";
  set(now);
  document.getElementById("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const next = now === "" ? (dark ? "light" : "dark") : now === (dark ? "light" : "dark") ? (dark ? "dark" : "light") : "";
    now = names.includes(next) ? next : "";
    set(now);
    R.repaint();
    R.keep(localStorage, "analog-sweep theme", now);
  });
};

R.live = () => {
  if (!R.data.refresh) return;
  const sign = document.getElementById("live");
  sign.hidden = false;
  sign.textContent = "live";
  sign.title = `The study is running: this page loads itself again every ${R.data.refresh} s.`;
  setTimeout(() => { R.remember(); location.reload(); }, 1000 * R.data.refresh);
};

R.start = () => {
  R.theme();
  const kept = R.recall();
  const study = document.getElementById("study");
  R.choosers(study);
  R.tabs(study);
  R.tables(study);
  R.trials();
  R.weights();
  R.watch(study);
  R.route();
  if (kept && kept.shown === R.shown) window.scrollTo(0, kept.scroll || 0);
  window.addEventListener("hashchange", R.route);
  window.addEventListener("pagehide", R.remember);
  R.started = true;
  R.live();
  R.later(R.load);
};

R.start();
window.report = R;
