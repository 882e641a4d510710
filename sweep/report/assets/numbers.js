// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people write them, and back.
"use strict";
const R = { data: JSON.parse(document.getElementById("data").textContent) };

R.PREFIXES = { f: 1e-15, p: 1e-12, n: 1e-9, u: 1e-6, "µ": 1e-6, m: 1e-3, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
R.STEPS = [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1], ["m", 1e-3], ["µ", 1e-6], ["n", 1e-9], ["p", 1e-12], ["f", 1e-15]];

/** Four digits, with an SI prefix where there is a unit that takes one. */
R.show = (value, unit = "") => {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (value === 0) return unit ? `0 ${unit}` : "0";
  // No prefix before an inverse or a power: k um2 would be no thousand um2.
  if (!unit || unit.startsWith("1/") || /\d$/.test(unit)) {
    const text = String(Number(value.toPrecision(4)));
    return unit ? `${text} ${unit}` : text;
  }
  const size = Math.abs(value);
  const [prefix, step] = R.STEPS.find(([, least]) => size >= least * 0.99995) || R.STEPS[R.STEPS.length - 1];
  return `${Number((value / step).toPrecision(4))} ${prefix}${unit}`;
};

/** The number in a text such as `0.1`, `50n` or `1.3 uV`; NaN for another text. */
R.number = (text) => {
  const found = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([fpnuµmkKMGT]?)(.*)$/i.exec(text);
  if (!found) return NaN;
  const scale = found[2] ? R.PREFIXES[found[2]] : 1;
  // A lone m is a metre or a milli; with digits before and a unit behind, only a prefix makes sense.
  return scale === undefined ? NaN : Number(found[1]) * scale;
};

R.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};
