// The page over a folder of runs and comparisons.

function indexPage(page) {
  const count = h("p", { class: "soft", role: "status" });
  const search = h("input", { type: "search", id: "search", placeholder: "name, variant, data, state ...", input: () => redraw() });
  const texts = page.entries.map((entry) =>
    [entry.path.join("/"), entry.kind, entry.variant, entry.data, entry.state, entry.measure, entry.note].join(" ").toLowerCase());
  const list = redrawn(() => {
    const words = search.value.toLowerCase().split(/\s+/);
    const rows = page.entries.filter((_, place) => words.every((word) => texts[place].includes(word)));
    count.textContent = `${rows.length} of ${page.entries.length} shown`;
    return entriesTable(rows);
  });
  const redraw = () => list.redraw();
  const comparisons = page.entries.filter((entry) => entry.kind === "comparison").length;
  return [
    h("header", null, h("p", { class: "kicker" }, "aelab runs and comparisons"), h("h1", null, page.title || "runs"),
      facts([["runs", shown(page.entries.length - comparisons)], ["comparisons", shown(comparisons)]])),
    h("div", { class: "controls" }, h("label", { for: "search" }, "Search"), search), count, list.node,
  ];
}

/** Relative, each name escaped: a path leads nowhere but below this page. */
const linkTo = (path) => `./${path.map(encodeURIComponent).join("/")}/report.html`;

function entriesTable(rows) {
  return table({
    label: "Runs and comparisons", rows, sort: { column: 9, ascending: false },
    columns: [
      { title: "Folder", head: true, value: (row) => row.path.join("/"),
        cell: (row) => (row.reported ? h("a", { href: linkTo(row.path) }, row.path.join("/")) : row.path.join("/")) },
      { title: "Kind", value: (row) => row.kind },
      { title: "Variant", value: (row) => row.variant },
      { title: "Data", value: (row) => row.data },
      { title: "State", value: (row) => row.state, cell: (row) => h("span", { class: row.state === "completed" ? "good" : "bad" }, row.state) },
      { title: "Parameters", number: true, value: (row) => row.parameters },
      { title: "Training", number: true, value: (row) => row.seconds, text: (row) => duration(row.seconds) },
      { title: "Measure", value: (row) => row.measure },
      { title: "Value", number: true, value: (row) => row.value },
      { title: "Begun", value: (row) => row.time, text: (row) => (row.time ? row.time.replace("T", " ").replace("Z", "") : MISSING) },
      { title: "In short", long: true, value: (row) => row.note || null, cell: (row) => folded(row.note || null) },
    ],
  });
}
