// The page over a folder of runs and comparisons.

const SHOWN_AT_FIRST = 4;

function indexPage(page) {
  const count = h("p", { class: "soft", role: "status" });
  const search = h("input", { type: "search", id: "search", placeholder: "name, variant, data, state ...", input: () => redraw() });
  const printedSearch = h("span", { class: "printed" });
  const chosen = new Set(page.metrics.slice(0, SHOWN_AT_FIRST).map((_, place) => place));
  page.entries.sort((a, b) => compared(a.path.join("/"), b.path.join("/"), true));
  const texts = page.entries.map((entry) => [entry.path.join("/"), entry.variant, entry.data, entry.state, entry.note].join(" ").toLowerCase());
  const found = (kind) => {
    const words = search.value.toLowerCase().split(/\s+/);
    return page.entries.filter((entry, place) => entry.kind === kind && words.every((word) => texts[place].includes(word)));
  };
  const isThere = (kind) => page.entries.some((entry) => entry.kind === kind);
  const lists = ["comparison", "run"].filter(isThere).map((kind) => ({
    kind, list: redrawn(() => (kind === "run" ? runsIndex(page, found(kind), chosen) : comparisonsIndex(page, found(kind), chosen))),
  }));
  const redraw = () => {
    lists.forEach(({ list }) => list.redraw());
    printedSearch.textContent = search.value || "all";
    count.textContent = `${found("comparison").length + found("run").length} of ${page.entries.length} shown`;
  };
  redraw();
  const countOf = (kind) => counted(page.entries.filter((entry) => entry.kind === kind).length);
  return {
    header: h("header", null, h("p", { class: "kicker" }, "aelab runs and comparisons"), h("h1", null, page.title || "runs"),
      facts([["runs", countOf("run")], ["comparisons", countOf("comparison")]]),
      h("div", { class: "controls" }, h("label", { for: "search" }, "Search"), search, printedSearch), count, metricChoice(page, chosen, redraw)),
    sections: lists.map(({ kind, list }) => section(`${kind}s`, kind === "run" ? "Runs" : "Comparisons", list.node)),
  };
}

/** Which metrics have a column. */
function metricChoice(page, chosen, redraw) {
  if (page.metrics.length <= 1) return null;
  return h("details", { class: "unprinted" }, h("summary", null, `Choose metrics (${page.metrics.length})`),
    h("div", { class: "choices", role: "group", "aria-label": "Metrics" }, page.metrics.map(({ name }, place) => checkbox(name, chosen.has(place), (checked) => {
      checked ? chosen.add(place) : chosen.delete(place);
      redraw();
    }))));
}

/** Relative, each name escaped: a path leads nowhere but below this page, or up to the comparison of a run. */
const linkTo = (path) => `./${path.map(encodeURIComponent).join("/")}/report.html`;

/** "2026-01-02 03:04" of an ISO time in UTC. */
const dateText = (time) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 10)} ${time.slice(11, 16)}` : time || MISSING);

const indexColumns = {
  name: (title) => ({ title, head: true, long: true, value: (row) => row.path.join("/"),
    cell: (row) => (row.reported ? h("a", { href: linkTo(row.path) }, breakable(row.path.join("/"))) : h("span", null, row.path.join("/"))) }),
  started: { title: "Started (UTC)", word: true, value: (row) => row.time || null, text: (row) => dateText(row.time) },
  data: { title: "Data", word: true, value: (row) => row.data },
  state: { title: "State", word: true, value: (row) => row.state, cell: stateCell },
  time: { title: "Training time", number: true, value: (row) => row.seconds, text: (row) => duration(row.seconds) },
};

/** One column per chosen metric that one of the rows has. */
function metricColumns(page, rows, chosen, describe) {
  return page.metrics.map((metric, place) => ({ ...metric, place }))
    .filter(({ place }) => chosen.has(place) && rows.some((row) => row.values[place] !== null))
    .map((metric) => ({ title: withArrow(metric.name, metric), number: true, hint: metric.definition,
      value: (row) => row.values[metric.place]?.mean ?? row.values[metric.place], text: (row) => describe(row.values[metric.place]) }));
}

function runsIndex(page, rows, chosen) {
  return table({
    label: "Runs", rows, sort: { column: 1, ascending: false },
    columns: [
      indexColumns.name("Run"), indexColumns.started,
      { title: "Variant", word: true, value: (row) => row.variant }, indexColumns.data, indexColumns.state,
      ...metricColumns(page, rows, chosen, (value) => shown(value)),
      { title: "Parameters", count: true, value: (row) => row.parameters }, indexColumns.time,
      ...(rows.some((row) => row.note) ? [{ title: "Message", long: true, value: (row) => row.note || null, cell: (row) => folded(row.note || null, 2) }] : []),
    ],
  });
}

function comparisonsIndex(page, rows, chosen) {
  return table({
    label: "Comparisons", rows, sort: { column: 1, ascending: false },
    caption: "Metrics: best mean of the variants \u00b1 95 % CI half-width over seeds.",
    columns: [
      indexColumns.name("Comparison"), indexColumns.started,
      { title: "Variants", word: true, value: (row) => row.variant }, indexColumns.data, indexColumns.state,
      ...metricColumns(page, rows, chosen, (value) => (value === null ? MISSING : `${value.variant} ${withHalf(value.mean, value.interval)}`)),
      indexColumns.time,
      { title: "Verdict", long: true, value: (row) => row.note || null, cell: (row) => folded(row.note ? sentence(row.note) : null, 2) },
    ],
  });
}
