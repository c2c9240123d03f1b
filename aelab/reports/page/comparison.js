// The page of a comparison.

function comparisonPage(page) {
  const shownIf = (id, title, content, reason) => sectionOf(page, id, title, content, reason);
  const samples = samplesFigure(page), likelihood = likelihoodFigure(page), rate = rateFigure(page), sparsity = sparsityFigure(page);
  const use = [codeUseTable(page), sortedDivergencesFigure(page)].filter(Boolean);
  const noPictures = "no images (the data are not images, or no run completed).";
  const sections = [
    section("short", "Summary",
      headline(page), bestAtWhat(page), verdictDetails(page)),
    page.measures.length > 0 && section("metric", "Primary metric", metricFigure(page)),
    page.measures.length > 0 && section("measures", "All metrics", allMeasures(page)),
    likelihood && section("likelihood", "Likelihood", likelihood),
    rate && section("rate", "Rate and distortion", rate),
    sparsity && section("sparsity", "Sparsity and reconstruction", sparsity),
    section("trade-offs", "Training cost", tradeOffFigure(page), costTable(page)),
    shownIf("curves", "Learning curves", bandsFigure(page), page.variants.length > 0 && page.variants.every((variant) => variant.closed_form) ? CLOSED_FORM : "no run recorded any."),
    shownIf("pictures", "Reconstructions", [reconstructionsFigure(page), denoisingFigure(page)], noPictures),
    shownIf("interpolations", "Latent interpolations", interpolationsFigure(page), noPictures),
    samples && section("samples", "New samples", samples),
    shownIf("filters", "Filters", filtersFigure(page), noPictures),
    shownIf("codes", "Latent codes", codesFigure(page.variants), "no run recorded any."),
    use.length > 0 && section("use", "Use of the code", use),
    shownIf("spectra", "Singular values", spectraFigure(page.variants.map((variant, place) => ({ ...variant, place }))), "no run recorded any."),
    shownIf("robustness", "Robustness", page.robustness.tested.length > 0 && robustnessFigure(page), "not part of the evaluation."),
    shownIf("settings", "Configuration differences", differencesTable(page), "the configurations do not differ, or none was recorded."),
    section("runs", "Runs", runsTable(page)),
    section("again", "Reproducibility", repeatContent(page)),
  ].filter(Boolean);
  return {
    header: h("header", null, h("p", { class: "kicker" }, "aelab comparison"), h("h1", null, page.title || "unnamed"),
      facts([
        ["variants", counted(page.variants.length)],
        ["seeds", page.seeds.join(", ")],
        ["completed runs", page.runs.planned === null ? null : `${counted(page.runs.completed)} of ${counted(page.runs.planned)}`],
        ["data", page.data],
        ["evaluated on", page.part && `${page.part} split`],
        ["baseline", page.baseline],
      ]),
      page.excluded && h("p", { class: "bad" }, `${page.excluded}: see `, h("a", { href: "#runs" }, "Runs"), ".")),
    sections,
  };
}

function verdictDetails(page) {
  const list = (title, sentences = []) => {
    if (sentences.length === 0) return null;
    const texts = sentences.map((text) => sentenceOf(page, text)), introduced = texts[0].endsWith(":");
    return [h("h3", null, title), introduced && h("p", null, texts[0]),
      h("ul", null, texts.slice(introduced ? 1 : 0).map((text) => h("li", null, text)))];
  };
  const lists = [list("Details", page.details), list("Caveats", page.caveats)].filter(Boolean);
  if (lists.length > 0) return lists;
  if (!page.verdict) return gap("This comparison has no verdict.");
  return page.verdict !== page.summary && [h("h3", null, "Details"), h("p", null, sentenceOf(page, page.verdict))];
}

function costTable(page) {
  const range = (cost, printed) =>
    (cost === null ? MISSING : cost.low === cost.high ? printed(cost.mean) : `${printed(cost.mean)} (${printed(cost.low)} to ${printed(cost.high)})`);
  return table({
    caption: "Mean over the completed runs (minimum to maximum).", label: "Training cost",
    rows: page.variants.map((one, variant) => ({ ...one, variant })),
    columns: [
      variantColumn(page.variants),
      { title: "Code dimensions", count: true, value: (row) => row.code ?? null },
      ...["parameters", "epochs", "steps", "seconds"].map((cost) => ({
        title: cost[0].toUpperCase() + cost.slice(1), number: true, value: (row) => row[cost]?.mean ?? null,
        text: (row) => (row.closed_form && (cost === "epochs" || cost === "steps") ? "closed form" : range(row[cost], cost === "seconds" ? shown : counted)),
      })),
      ...(page.variants.some((variant) => variant.still_improving) ? [{
        title: "Still improving", number: true, value: (row) => row.still_improving?.runs ?? null,
        text: (row) => (row.still_improving ? `${row.still_improving.runs} of ${row.still_improving.of}` : MISSING),
        hint: "completed runs whose validation loss was still improving when their budget ended",
      }] : []),
    ],
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
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "Variant"), tested.map((name) => h("th", { scope: "col", class: "heat" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, h("th", { scope: "row" }, row.variant), row.values.map(cell)))))),
    caption: "Mean over seeds of the metric robustness, by corruption of the test inputs. The stronger the color, the larger the value.",
  });
}

// --- Settings, runs, reproducibility ---

function differencesTable(page) {
  if (page.differences.length === 0) return null;
  return table({
    caption: `Configuration keys whose values differ between the variants (one run each). ${MISSING}: the variant does not have the key. All other keys are equal.`,
    label: "Configuration differences",
    rows: page.differences, sort: { column: 0 },
    columns: [
      { title: "Key", head: true, long: true, value: (row) => row.key },
      ...page.variants.map((variant, place) => ({ title: variant.name, word: true, value: (row) => row.values[place],
        cell: (row) => folded(row.values[place], 2) })),
    ],
  });
}

function runsTable(page) {
  const rows = page.variants.flatMap((variant, place) => variant.runs.map((run) => ({ ...run, variant: place })));
  return [
    page.excluded_runs.length > 0 && [h("p", { class: "bad" }, "Excluded:"), h("ul", null, page.excluded_runs.map((text) => h("li", null, text)))],
    table({
      label: "Runs", rows,
      columns: [
        { title: "Run", head: true, value: (row) => row.id, cell: (row) => h("span", { class: "named" }, swatch(row.variant), runLink(row)) },
        { title: "Seed", count: true, value: (row) => (row.seed === "" ? null : Number(row.seed)), text: (row) => row.seed },
        { title: "State", value: (row) => row.state, cell: stateCell },
        { title: "Epochs", count: true, value: (row) => row.epochs, text: (row) => (page.variants[row.variant].closed_form ? "closed form" : counted(row.epochs)) },
        { title: "Steps", count: true, value: (row) => row.steps, text: (row) => (page.variants[row.variant].closed_form ? "closed form" : counted(row.steps)) },
        { title: "Seconds", number: true, value: (row) => row.seconds },
      ],
    }),
    rows.some((row) => row.page) && h("p", { class: "soft" }, "The linked pages are part of the comparison's folder."),
  ];
}

const runLink = (run) => (run.page ? h("a", { href: linkTo(run.page) }, breakable(run.id)) : h("span", null, run.id));
const stateCell = (row) => h("span", { class: row.state === "completed" ? "good" : "bad" }, row.state);

function repeatContent(page) {
  return [
    commandList(page.commands, "comparison"),
    page.environment.length > 0 && settingsTable(page.environment, "Environment"),
    page.config && later("Configuration", () => h("pre", null, page.config)),
  ];
}

/** Commands to be entered where the run or comparison was started: relative data paths begin there. */
function commandList(commands, kind) {
  return [
    h("p", { class: "soft" }, `Run these commands in the folder in which the ${kind} was started (see Environment), since relative data paths begin there. Replace FOLDER with the folder that contains this page.`),
    commands.map(({ what, command }) => h("div", { class: "command" }, h("p", { class: "soft" }, what), h("pre", null, command))),
  ];
}
