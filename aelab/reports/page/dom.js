// Elements are made here and nowhere else. Text goes in as text: nothing from the data is ever read as HTML.

function h(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let freshIds = 0;
const freshId = () => `id-${++freshIds}`;

const MISSING = "\u2013";

/** With so many decimals; "128,101" from a thousand on. */
const grouped = (value, decimals) => value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
const exponential = (value, decimals) => value.toExponential(decimals).replace("e+", "e");

/** A number to so many significant digits, the whole numbers with all of theirs. */
function shown(value, digits = 4) {
  if (value === null || value === undefined) return MISSING;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return grouped(value, 0);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return exponential(value, digits - 1);
  return grouped(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** "0.0123 ± 0.0004", "360 ± 250": two digits of the half-width, and the mean to the same place. */
function withHalf(mean, interval) {
  if (mean === null) return MISSING;
  if (!interval) return shown(mean);
  const half = (interval[1] - interval[0]) / 2;
  if (!(half > 0)) return `${shown(mean)} ± 0`;
  const decimals = 1 - Math.floor(Math.log10(half));
  if (decimals > 7 || Math.max(Math.abs(mean), half) >= 1e6) return `${exponential(mean, 3)} ± ${exponential(half, 1)}`;
  const rounded = (value) => (decimals < 0 ? grouped(Number((value / 10 ** -decimals).toFixed()) * 10 ** -decimals, 0) : grouped(value, decimals));
  return `${rounded(mean)} ± ${rounded(half)}`;
}

const intervalText = (interval) => (interval ? `[${shown(interval[0])}, ${shown(interval[1])}]` : MISSING);
const withoutZero = (share) => String(share).replace(/^0(?=\.)/, "");
const probability = (p) => (p === null ? MISSING : p < 1e-4 ? "< .0001" : withoutZero(p.toPrecision(2)));

function duration(seconds) {
  if (seconds === null || seconds === undefined) return MISSING;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A name that may break after slashes, underscores and the dots of keys. */
const breakable = (name) => name.split(/(?<=[/_]|\.(?=[a-z]))/).map((part, place) => [place > 0 && h("wbr"), part]);

const facts = (pairs) =>
  h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== "" && value !== MISSING)
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));

const section = (id, title, ...content) => h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);

/** A section; where it would be empty, nothing, and a line for the section that says what is missing. */
function sectionOf(page, id, title, content, reason) {
  const there = [content].flat(Infinity).filter(Boolean);
  if (there.length > 0) return section(id, title, there);
  page.empty = [...(page.empty ?? []), { title, reason }];
  return null;
}

/** Why sections are left out, one line a reason, then what could not be read. */
function missingSection(page) {
  const titles = new Map();
  for (const { title, reason } of page.empty ?? []) titles.set(reason, [...(titles.get(reason) ?? []), title]);
  const lines = [...[...titles].map(([reason, names]) => `${names.join(", ")}: ${reason}`), ...page.gaps];
  return lines.length > 0 && section("gaps", "Not shown", h("ul", null, lines.map((text) => h("li", null, text))));
}

// --- Contents ---

const WIDE = matchMedia("(min-width: 75rem)");

/** Links to the sections: beside them where there is room, else behind one line that stays in sight. */
function contents(sections) {
  const links = new Map(sections.map((node) => [node.id, h("a", { href: `#${node.id}`, click: () => { list.open = WIDE.matches; } },
    node.querySelector("h2").textContent)]));
  const here = h("span");
  const list = h("details", null, h("summary", null, "Contents", here), h("ul", null, [...links.values()].map((link) => h("li", null, link))));
  const fit = () => { list.open = WIDE.matches; };
  WIDE.addEventListener("change", fit);
  fit();
  markCurrent(sections, (id) => {
    links.forEach((link, target) => (target === id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    here.textContent = ` \u00b7 ${links.get(id).textContent}`;
  });
  return h("nav", { "aria-label": "Contents" }, list);
}

/** Tells which section is being read: the last one that begins in the upper third of the window or above. */
function markCurrent(sections, tell) {
  const update = () => {
    const begun = sections.filter((node) => node.getBoundingClientRect().top <= .36 * innerHeight);
    tell((begun.at(-1) ?? sections[0]).id);
  };
  const observer = new IntersectionObserver(update, { rootMargin: "0px 0px -65% 0px" });
  sections.forEach((node) => observer.observe(node));
}

// --- Controls ---

function select(label, options, chosen, change) {
  const control = h("select", { change: () => change(control.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return h("label", null, label, control);
}

function checkbox(label, checked, change) {
  const control = h("input", { type: "checkbox", checked, change: () => change(control.checked) });
  return h("label", null, control, label);
}

/** Terms and what they mean, for mouse, touch, keyboard and paper alike. */
function definitions(pairs) {
  const told = pairs.filter(([, text]) => text);
  return told.length > 0 && h("details", { class: "definitions" }, h("summary", null, "Definitions"),
    h("dl", null, told.map(([term, text]) => [h("dt", null, term), h("dd", null, text)])));
}

/** Details whose content is made when they are first opened. */
function later(title, make) {
  const node = h("details", { toggle: () => { if (node.open && node.children.length === 1) node.append(make()); } },
    h("summary", null, title));
  return node;
}

/** A long text, opened on request. */
function folded(text) {
  const most = 40;
  if (text === null || text.length <= most) return text ?? MISSING;
  return h("details", { class: "cell" }, h("summary", null, `${text.slice(0, most)}\u2026`), text);
}

/** A node whose content `redraw` replaces by what `draw` makes. */
function redrawn(draw) {
  const node = h("div");
  const redraw = () => node.replaceChildren(draw());
  redraw();
  return { node, redraw };
}
