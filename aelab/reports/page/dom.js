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

// --- Numbers: on all pages four significant digits, of half-widths two; counts are whole ---

const withMinus = (text) => text.replaceAll("-", "\u2212");
const grouped = (value, decimals = 0) =>
  withMinus(value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));

/** A count, or a number that was set: "128,101", "0.25". */
const counted = (value) =>
  (value === null || value === undefined ? MISSING : Number.isInteger(value) && Math.abs(value) < 1e15 ? grouped(value) : shown(value));

/** "1 run", "2 runs" */
const plural = (count, noun) => `${counted(count)} ${noun}${count === 1 ? "" : "s"}`;

/** A measured number to so many significant digits; a small whole one without decimals. */
function shown(value, digits = 4) {
  if (value === null || value === undefined) return MISSING;
  const rounded = Number(value.toPrecision(digits)), size = Math.abs(rounded);
  if (Number.isInteger(value) && size < 10 ** digits) return grouped(value + 0);
  if (size < 1e-4 || size >= 1e6) return withMinus(value.toExponential(digits - 1).replace("e+", "e"));
  return grouped(rounded, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** "0.01234 ± 0.00040" */
function withHalf(mean, interval) {
  if (mean === null || !interval) return shown(mean);
  const half = (interval[1] - interval[0]) / 2;
  return `${shown(mean)} ± ${half > 0 ? shown(half, 2) : 0}`;
}

/** A recorded sentence with its numbers as the page prints them: "205,900" for "2.059e+05". `names` stay as they are. */
const sentence = (text, names = []) =>
  text.replace(/(?<=^|[\s[(])(-?\d(?:\.\d+)?e[+-]\d\d+|-\d+(?:\.\d+)?|\d{5,})(?=[\s,;)\]]|\.(?!\d)|$)/g, (number, _, place) => {
    if (names.includes(number)) return number;
    if (!number.includes("e")) return number.startsWith("-") ? withMinus(number) : grouped(Number(number));
    return shown(Number(number), text.slice(0, place).endsWith("\u00b1 ") ? 2 : 4);
  });

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
  const words = new Map(options);
  const printed = h("span", { class: "printed" }, words.get(chosen));
  const control = h("select", { change: () => {
    printed.textContent = words.get(control.value);
    change(control.value);
  } }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return h("label", null, h("span", null, label), control, printed);
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

/** A long text: its first `lines`, and on request or on paper all of it. */
function folded(text, lines) {
  if (text === null || text.length <= 48 * lines) return text ?? MISSING;
  const words = h("span", null, text);
  words.style.setProperty("--lines", lines);
  return h("details", { class: "cell" }, h("summary", null, words));
}

/** A node whose content `redraw` replaces by what `draw` makes. */
function redrawn(draw) {
  const node = h("div");
  const redraw = () => node.replaceChildren(draw());
  redraw();
  return { node, redraw };
}
