// The page of a comparison.

function comparisonPage(page) {
  const runs = page.variants.flatMap((variant) => variant.runs);
  const counted = runs.filter((run) => run.state === "completed").length;
  const sections = [
    section("short", "In short",
      headline(page), bestAtWhat(page),
      page.verdict ? h("p", null, h("strong", null, "In full. "), page.verdict) : gap("This comparison has no verdict.")),
    page.measures.length > 0 && section("metric", "One measure", metricFigure(page)),
    page.measures.length > 0 && section("measures", "All measures", allMeasures(page)),
    section("trade-offs", "What it costs", tradeOffFigure(page) ?? gap("Nothing to weigh: no measure whose better direction is known."), costTable(page)),
    section("curves", "Learning curves", bandsFigure(page) ?? gap("No run wrote learning curves.")),
    pictureSection("pictures", "Reconstructions", [reconstructionsFigure(page), denoisingFigure(page)],
      "There are no pictures of reconstructions: the data are no images, or the runs left none."),
    pictureSection("interpolations", "Interpolations", [interpolationsFigure(page)], "There are no pictures of interpolations."),
    pictureSection("filters", "Filters", [filtersFigure(page)], "There are no pictures of filters."),
    pictureSection("codes", "Codes", [codesFigure(page.variants)], "The runs left no codes."),
    pictureSection("spectra", "Singular values", [spectraFigure(page.variants.map((variant, place) => ({ ...variant, place })))],
      "The runs left no singular values."),
    page.robustness.tested.length > 0 && section("robustness", "Robustness", robustnessFigure(page)),
    section("settings", "What differs", differencesTable(page)),
    section("runs", "Runs", runsTable(page)),
    section("again", "Environment, and how to repeat it", repeatContent(page)),
  ].filter(Boolean);
  return [
    h("header", null, h("p", { class: "kicker" }, "aelab comparison"), h("h1", null, page.title || "without a name"),
      facts([
        ["variants", shown(page.variants.length)],
        ["seeds", page.seeds.join(", ")],
        ["runs that count", `${counted} of ${runs.length}`],
        ["data", page.data],
        ["measured on", page.part && `the ${page.part} part`],
        ["baseline", page.baseline],
      ]),
      page.missing.length > 0 && h("p", { class: "bad" }, `${page.missing.length} of ${runs.length} runs do not count: see Runs.`)),
    contents(sections), sections,
  ];
}

function pictureSection(id, title, figures, otherwise) {
  const there = figures.filter(Boolean);
  return section(id, title, there.length > 0 ? there : gap(otherwise));
}

function costTable(page) {
  const range = (cost) => (cost === null ? MISSING : cost.low === cost.high ? shown(cost.mean) : `${shown(cost.mean)} (${shown(cost.low)} to ${shown(cost.high)})`);
  return table({
    caption: "Cost of training: mean over the runs that count (least to most).",
    rows: page.variants.map((one, variant) => ({ ...one, variant })),
    columns: [
      variantColumn(page.variants),
      { title: "Code", number: true, value: (row) => row.code ?? null },
      ...["parameters", "epochs", "steps", "seconds"].map((cost) => ({
        title: cost[0].toUpperCase() + cost.slice(1), number: true, value: (row) => row[cost]?.mean ?? null,
        text: (row) => (row.closed_form && (cost === "epochs" || cost === "steps") ? "closed form" : range(row[cost])),
      })),
    ],
  });
}

// --- Learning curves ---

/** What to begin with: how well clean inputs are reconstructed, else the first. */
const firstCurve = (curves) =>
  ["validation/reconstruction", "validation/loss", "train/reconstruction"].map((name) => curves.find((one) => one.name === name)).find(Boolean) ?? curves[0];

/** Where phases begin: in their variant's colour, or one mark for the variants that share it. */
function phaseMarks(page, places) {
  const marks = new Map();
  for (const place of places)
    for (const { name, epoch } of page.variants[place].phases.slice(1)) {
      const key = JSON.stringify([epoch, name]);
      marks.set(key, { at: epoch, name, colour: marks.has(key) ? themed("soft") : colour(place) });
    }
  return [...marks.values()];
}

function bandsFigure(page) {
  if (page.curves.length === 0) return null;
  let curve = firstCurve(page.curves);
  let along = "epochs";
  const hidden = new Set();
  const series = () => curve.variants.map((one) => ({
    place: one.variant, name: page.variants[one.variant].name, x: one[along], mean: one.mean, low: one.low, high: one.high, runs: one.runs,
  }));
  let isLog = spansDecades(series());
  const marks = () => (along === "epochs" ? phaseMarks(page, curve.variants.map(({ variant }) => variant).filter((place) => !hidden.has(place))) : []);
  const drawing = chart("Learning curves: mean over seeds, with the range of the seeds", () =>
    curveConfig({ series: series(), hidden, title: curve.name, xTitle: along === "epochs" ? "epoch" : "step", isLog, marks: marks() }));
  const right = redrawn(() => table({
    caption: `${curve.name} at the end: mean (least to most of the seeds)`, rows: series(), sort: { column: 2 },
    columns: [
      { title: "Variant", head: true, value: (row) => row.name, cell: (row) => named(row.place, row.name) },
      { title: along === "epochs" ? "Epoch" : "Step", number: true, value: (row) => row.x.at(-1) },
      { title: "Mean", number: true, value: (row) => row.mean.at(-1) },
      { title: "Least", number: true, value: (row) => row.low.at(-1) },
      { title: "Most", number: true, value: (row) => row.high.at(-1) },
      { title: "n", number: true, value: (row) => row.runs.at(-1) },
    ],
  }));
  const log = checkbox("logarithmic", isLog, (checked) => { isLog = checked; drawing.draw(); });
  const redraw = () => { drawing.draw(); right.redraw(); };
  return figure({
    controls: [
      select("Curve", page.curves.map((one) => [one.name, one.name]), curve.name, (name) => {
        curve = page.curves.find((one) => one.name === name);
        log.firstChild.checked = isLog = spansDecades(series());
        redraw();
      }),
      select("Against", [["epochs", "epochs"], ["steps", "steps"]], along, (chosen) => { along = chosen; redraw(); }),
      log,
    ],
    left: [legend(page.variants.map((variant, place) => [place, variant.name]), (place, visible) => {
      visible ? hidden.delete(place) : hidden.add(place);
      drawing.draw();
    }), drawing.node],
    right: right.node,
    caption: "Lines are means over the seeds, bands reach from their least to their most. A reconstruction term is that of the variant's own likelihood: across likelihoods only measures compare. Broken upright lines: a phase of that variant's training begins. Of long trainings every so-many-th epoch is shown.",
  });
}

// --- Robustness ---

function robustnessFigure(page) {
  const { tested, rows } = page.robustness;
  const values = rows.flatMap((row) => row.values).filter((value) => value !== null);
  const low = Math.min(...values), high = Math.max(...values);
  const scaled = low > 0 ? Math.log : (value) => value;
  const share = (value) => (high > low ? (scaled(value) - scaled(low)) / (scaled(high) - scaled(low)) : 0);
  const cell = (value) => {
    const node = h("td", { class: "heat" }, shown(value));
    if (value !== null) node.style.backgroundColor = `rgba(${themed("heat")}, ${(0.06 + 0.5 * share(value)).toFixed(3)})`;
    return node;
  };
  return figure({
    left: scrolling("Robustness", h("table", { class: "heat" },
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "Variant \\ tested with"), tested.map((name) => h("th", { scope: "col", class: "heat" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, h("th", { scope: "row" }, row.variant), row.values.map(cell)))))),
    caption: "How each variant (rows) copes with inputs that are disturbed in different ways (columns): means over seeds of the measure robustness; the stronger the colour, the larger. All measures says what is measured.",
  });
}

// --- Settings, runs, how to repeat ---

function differencesTable(page) {
  if (page.differences.length === 0) return gap("The runs' configs do not differ, or none was left.");
  return table({
    caption: `Keys that differ between the variants' configs, of one run each; ${MISSING}: has no such key. All else is the same.`,
    rows: page.differences, sort: { column: 0 },
    columns: [
      { title: "Key", head: true, value: (row) => row.key },
      ...page.variants.map((variant, place) => ({ title: variant.name, long: true, value: (row) => row.values[place],
        cell: (row) => folded(row.values[place]) })),
    ],
  });
}

function runsTable(page) {
  const rows = page.variants.flatMap((variant, place) => variant.runs.map((run) => ({ ...run, variant: place })));
  return [
    page.missing.length > 0 ? [h("p", { class: "bad" }, "Not counted:"), h("ul", null, page.missing.map((text) => h("li", null, text)))] :
      gap("No run failed: all count."),
    table({
      label: "Runs", rows,
      columns: [
        variantColumn(page.variants),
        { title: "Seed", number: true, value: (row) => (row.seed === "" ? null : Number(row.seed)), text: (row) => row.seed },
        { title: "State", value: (row) => row.state, cell: (row) => h("span", { class: row.state === "completed" ? "good" : "bad" }, row.state) },
        { title: "Epochs", number: true, value: (row) => row.epochs },
        { title: "Steps", number: true, value: (row) => row.steps },
        { title: "Seconds", number: true, value: (row) => row.seconds },
        { title: "Folder", value: (row) => `runs/${row.id}`, cell: (row) => h("code", null, `runs/${row.id}`) },
      ],
    }),
  ];
}

function repeatContent(page) {
  return [
    h("p", null, "In the folder where it was begun (the environment below names it), from which files of data are looked for; PAGE stands for the folder that holds this page:"),
    page.commands.map(({ what, command }) => [h("p", { class: "soft" }, what), h("pre", null, command)]),
    page.environment.length > 0 ? settingsTable(page.environment, "Environment") : gap("The environment was not recorded."),
    page.config ? later("Config", () => h("pre", null, page.config)) : gap("The config was not recorded."),
  ];
}
