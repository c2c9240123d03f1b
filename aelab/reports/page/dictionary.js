// Sparse dictionaries. Of a run: how often its latents are active, how alike their directions are, which rows activate
// them most, how many are dead over the epochs. Of a comparison: reconstruction, and the match with known features,
// against sparsity.

/** dataset.texts: a text above each bar. */
Chart.register({
  id: "texts",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    ctx.font = `12px ${Chart.defaults.font.family}`;
    ctx.textAlign = "center";
    ctx.fillStyle = themed("ink");
    chart.data.datasets.forEach(({ texts }, place) => texts?.forEach((text, point) => {
      const { x, y } = chart.getDatasetMeta(place).data[point];
      ctx.fillText(text, x, y - 5);
    }));
    ctx.restore();
  },
});

/** "10⁻³" */
const powerOfTen = (exponent) => `10${String(exponent).replace(/[-\d]/g, (one) => (one === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[one]))}`;

const middles = (edges) => edges.slice(1).map((edge, place) => (edge + edges[place]) / 2);

/** Numbers of latents, or of what `noun` says, in intervals. `apart`: {x, count}, a bar of its own. `x`: options of the axis. */
function histogramConfig({ edges, counts }, { noun, ofBin, isLog = false, apart = null, x, marks = [] }) {
  const bar = { grouped: false, barPercentage: 1, categoryPercentage: .94 };
  return {
    type: "bar",
    data: { datasets: [
      { ...bar, label: noun, backgroundColor: color(0), data: middles(edges).map((at, place) => ({ x: at, y: counts[place] })) },
      ...(apart ? [{ ...bar, label: `dead ${noun}`, backgroundColor: color(1), data: [{ x: apart.x, y: apart.count }], texts: [counted(apart.count)], apart }] : []),
    ] },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      layout: { padding: { top: apart ? 12 : 0 } },
      scales: {
        x: { offset: false, grid: { display: false, borderColor: themed("line") }, ...x },
        y: numberAxis(`number of ${noun}`, isLog, isLog ? { min: .5 } : { beginAtZero: true }),
      },
      plugins: {
        phases: { marks: marks.map((mark) => ({ color: themed("soft"), ...mark })) },
        tooltip: { callbacks: {
          title: ([item]) => (item ? (item.dataset.apart ? "never" : ofBin(item.dataIndex)) : ""),
          label: ({ parsed, dataset }) => ` ${dataset.label}: ${counted(parsed.y)}`,
        } },
      },
    },
  };
}

function histogramTable(label, { edges, counts }, first, ofEdge, rest = []) {
  const rows = [...rest, ...counts.map((count, place) => ({ from: ofEdge(edges[place]), to: ofEdge(edges[place + 1]), count })).filter(({ count }) => count > 0)];
  return table({
    label, rows,
    columns: [
      { title: first, head: true, value: (row) => row.from, text: (row) => (row.text ?? shown(row.from)) },
      { title: "To", number: true, value: (row) => row.to },
      { title: "Number", count: true, value: (row) => row.count },
    ],
  });
}

// --- Densities ---

function densitiesConfig({ densities, dead }, isLog) {
  const { edges } = densities, width = edges[1] - edges[0], alone = edges[0] - 3 * width;
  const powers = [...Array(Math.floor(edges.at(-1)) - Math.ceil(edges[0]) + 1).keys()].map((step) => Math.ceil(edges[0]) + step);
  return histogramConfig(densities, {
    noun: "latents", isLog, apart: { x: alone, count: dead },
    ofBin: (place) => `active in ${shown(10 ** edges[place], 2)} to ${shown(10 ** edges[place + 1], 2)} of the rows`,
    marks: [{ at: -3, name: "0.001" }, { at: -1, name: "0.1" }],
    x: axis("share of rows in which a latent is active (logarithmic)", {
      type: "linear", min: alone - 1.5 * width, max: edges.at(-1) + width / 2,
      afterBuildTicks(scale) { scale.ticks = [alone, ...powers].map((value) => ({ value })); },
      ticks: { autoSkip: false, callback: (value) => (value === alone ? "dead" : powerOfTen(value)) },
    }),
  });
}

function densitiesFigure(page) {
  const { densities, rows, part, dead, latents, bands } = page;
  if (!densities) return null;
  let isLog = dead > 8 * Math.max(...densities.counts);
  const drawing = chart("Firing densities of the latents: number of latents by the share of rows in which they are active, dead ones apart",
    () => densitiesConfig(page, isLog), "low");
  return figure({
    controls: checkbox("Logarithmic numbers", isLog, (checked) => { isLog = checked; drawing.draw(); }),
    left: [drawing.node, later("Firing densities as a table", () => histogramTable("Firing densities", densities, "Density from", (edge) => 10 ** edge,
      [{ from: 0, to: null, count: dead, text: "dead" }]))],
    caption: `Firing densities: in which share of ${plural(rows, "row")} of the ${part} split each of ${plural(latents, "latent")} is active. The bar at the left: the ${plural(dead, "latent")} that no row activates. Dashed: rare latents (${counted(bands.rare)}) are left of 0.001, dense ones (${counted(bands.dense)}) right of 0.1.`,
  });
}

// --- Cosines ---

const cosineConfig = (histogram, noun, title, marks = []) => histogramConfig(histogram, {
  noun, marks, ofBin: (place) => `${histogram.edges[place]} to ${histogram.edges[place + 1]}`,
  x: axis(title, { type: "linear", min: 0, max: 1, ticks: { stepSize: .2, callback: (value) => tick(value) } }),
});

const cosineTile = (label, histogram, noun, title, marks) => h("div", null, h("h3", null, label),
  chart(`${label}: number of ${noun} by absolute cosine`, () => cosineConfig(histogram, noun, title, marks), "low").node,
  later(`${label} as a table`, () => histogramTable(label, histogram, "Cosine from", (edge) => edge)));

function cosinesFigure({ cosines, compared, latents, truth }) {
  const tiles = [
    cosines && cosineTile("Nearest other latent", cosines, "latents", "largest |cosine| of decoder vectors"),
    truth && cosineTile("Nearest latent of each true feature", truth.features_cosines, "features", "largest |cosine| with a latent", [{ at: .9, name: "0.9" }]),
    truth && cosineTile("Nearest true feature of each latent", truth.latents_cosines, "latents", "largest |cosine| with a feature", [{ at: .9, name: "0.9" }]),
  ].filter(Boolean);
  if (tiles.length === 0) return null;
  const ofLatents = cosines && `Largest absolute cosine of each latent's direction with another one's${compared < latents ? `, of ${counted(compared)} of ${counted(latents)} latents` : ""}: values near 1 are duplicates.`;
  const ofTruth = truth && `Of the ${plural(truth.features, "true feature")}, ${counted(truth.recovered)} are recovered: the cosine with some latent exceeds 0.9 (dashed).`;
  return figure({ left: h("div", { class: tiles.length > 1 ? "tiles" : "charts" }, tiles), caption: [ofLatents, ofTruth].filter(Boolean).join(" ") });
}

// --- Over the epochs ---

function tracesFigure(use) {
  if (!use) return null;
  const { epochs, phases, dead, silent, threshold, dead_after: after } = use;
  const marks = () => phases.slice(1).map((phase) => ({ at: phase.epoch, name: phase.name, color: themed("soft") }));
  const counts = [["in the validation split", silent], [`in the last ${counted(after)} training rows`, dead]].filter(([, values]) => values.length > 0);
  const tile = (title, label, series) => h("div", null, h("h3", null, title), h("div", { class: "legend" }, series.map(({ place, name }) => h("span", null, named(place, name, true)))),
    chart(label, () => curveConfig({ series, title: null, xTitle: "epoch", isLog: false, marks: marks() }), "low").node);
  const seriesOf = (lines) => lines.map(([name, mean], place) => ({ place, name, x: epochs, mean }));
  const tiles = [
    counts.length > 0 && tile("latents without an active row", "Number of latents that no row activates, by epoch", seriesOf(counts)),
    threshold.length > 0 && tile("threshold", "Threshold of the code's elements outside training, by epoch", seriesOf([["what elements must exceed", threshold]])),
  ].filter(Boolean);
  if (tiles.length === 0) return null;
  const rows = epochs.map((epoch, place) => ({ epoch, place }));
  return figure({
    left: [h("div", { class: "charts" }, tiles), later("Dead latents by epoch as a table", () => table({
      label: "Dead latents by epoch", rows,
      columns: [
        { title: "Epoch", head: true, count: true, value: (row) => row.epoch },
        ...counts.map(([name, values]) => ({ title: `No active row ${name}`, count: true, value: (row) => values[row.place] })),
        threshold.length > 0 && { title: "Threshold", number: true, value: (row) => threshold[row.place] },
      ].filter(Boolean),
    }))],
    caption: `${counts.length > 0 ? `Dead latents over the epochs, of ${counted(use.latents)}${dead.length > 0 ? `: by the validation split, and by the training's own count, which revival goes by and which is 0 for the first ${plural(after, "row")}` : ", by the validation split"}. ` : ""}${threshold.length > 0 ? "Threshold: what elements of a code must exceed outside training, a moving average of the smallest element that was kept in a step. " : ""}${THINNED}`,
  });
}

// --- The rows that activate latents most ---

const labelText = (page, { label }) => (label === null ? null : page.classes[label] ?? `class ${label}`);
const bandText = (page, one) => `${one.band}, active in ${tick(Number((100 * one.active_rows / page.rows).toPrecision(3)))}\u00a0% of the rows`;

/** One picture of the sheet. */
function cellOf({ pictures: { png, width, height, cell } }, line, column, words) {
  const node = h("img", { src: `data:image/png;base64,${png}`, alt: words });
  Object.assign(node.style, { width: `${cell.width}px`, height: `${cell.height}px`, maxWidth: "none", objectFit: "none",
    objectPosition: `${-column * (cell.width + cell.gap)}px ${-line * (cell.height + cell.gap)}px` });
  return column * (cell.width + cell.gap) < width && line * (cell.height + cell.gap) < height ? node : null;
}

const cellsOf = (page, one, line) => h("div", { class: "cells" }, one.rows.map((row, column) => {
  const label = labelText(page, row);
  return h("div", null, cellOf(page, line, column, `row ${row.row}${label === null ? "" : `, ${label}`}`),
    h("small", null, shown(row.activation, 3)), label !== null && h("small", null, label), h("small", { class: "soft" }, `row ${counted(row.row)}`));
}));

const latentColumns = (page) => [
  { title: "Latent", head: true, count: true, value: (row) => row.latent },
  { title: "Band", value: (row) => row.band },
  { title: "Active rows", count: true, value: (row) => row.active_rows },
  page.truth && { title: "Feature", count: true, value: (row) => row.feature, hint: "the true feature whose direction is nearest" },
  page.truth && { title: "Cosine", number: true, value: (row) => row.feature_cosine, hint: "absolute cosine with that feature" },
].filter(Boolean);

/** A line for each latent, for rows that are no images. */
function strongestTable(page) {
  return table({
    label: "Strongest rows of latents", rows: page.strongest,
    columns: [
      ...latentColumns(page),
      { title: "Strongest rows", long: true, value: (one) => one.rows.slice(0, 4).map((row) => `${counted(row.row)} (${[shown(row.activation, 3), labelText(page, row)].filter((part) => part !== null).join(", ")})`).join("; "),
        hint: `their numbers, and in parentheses the latent's value${page.strongest.some(({ rows }) => rows.some(({ label }) => label !== null)) ? " and the row's class" : ""}` },
      { title: "First values", long: true, value: (one) => (one.rows[0]?.values ?? []).map((value) => shown(value, 3)).join(", "), hint: "the first values of the strongest row, as the model sees it" },
    ],
  });
}

function allRowsTable(page) {
  const rows = page.strongest.flatMap((one) => one.rows.map((row) => ({ ...one, ...row })));
  return table({
    label: "All strongest rows", rows,
    columns: [
      ...latentColumns(page),
      { title: "Row", count: true, value: (row) => row.row },
      { title: "Activation", number: true, value: (row) => row.activation },
      rows.some(({ label }) => label !== null) && { title: "Class", value: (row) => labelText(page, row) },
      !page.pictures && { title: "First values", long: true, value: (row) => row.values.map((value) => shown(value, 3)).join(", ") },
    ].filter(Boolean),
  });
}

function strongestFigure(page) {
  if (page.strongest.length === 0) return null;
  const lines = page.pictures && page.strongest.map((one, line) => [
    h("div", { class: "name" }, `Latent ${counted(one.latent)}`, h("div", { class: "soft" }, h("small", null, bandText(page, one)))), cellsOf(page, one, line)]);
  return figure({
    left: [page.pictures ? h("div", { class: "strips" }, lines) : strongestTable(page), later("All of these rows as a table", () => allRowsTable(page))],
    caption: `The rows of the ${page.part} split that activate latents most${page.pictures ? `, with the latent's value${page.strongest.some(({ rows }) => rows.some(({ label }) => label !== null)) ? ", class" : ""} and the row's number` : ""}. Shown are at most 4 latents of each density band, those of the largest strength. Rows are numbered as aelab apply numbers them; summary/latents.csv has all latents.`,
  });
}

/** Nothing where the model is no sparse dictionary. */
function runDictionary(page) {
  const known = page.dictionary, traces = tracesFigure(page.code_use);
  if (!known) return [traces].filter(Boolean);
  return [
    facts([["latents", counted(known.latents)], ["dead", counted(known.dead)], ["rare", counted(known.bands.rare)], ["middle", counted(known.bands.middle)],
      ["dense", counted(known.bands.dense)], ["rows", known.rows < known.of ? `${counted(known.rows)} of ${counted(known.of)}` : counted(known.rows)],
      ["recovered features", known.truth && `${counted(known.truth.recovered)} of ${counted(known.truth.features)}`]]),
    known.omitted.length > 0 && h("ul", null, known.omitted.map((text) => h("li", null, text))),
    densitiesFigure(known), cosinesFigure(known), traces, strongestFigure(known),
    definitions(known.definitions.map(({ key, value }) => [key, value])),
  ].filter(Boolean);
}

// --- Comparisons: what a latent's being active costs and gives ---

const AGAINST_L0 = [
  ["dictionary/explained_variance", "explained variance"], ["dictionary/f1", "F1 against true features"], ["dictionary/mcc", "MCC against true features"],
];

/** From 0 on, where there is no room for less. */
function roomyL0(isLog, values) {
  const made = roomyAxis("active latents a row (L0)", isLog, values);
  return made.suggestedMin < 0 ? { ...made, min: 0 } : made;
}

/** Every run's value against its L0, small, and the variants' means with intervals, large. */
function sparsityConfig(page, l0, measure, title, isLog, tellNumbered) {
  const places = page.variants.map((_, place) => place).filter((place) => l0.rows[place].mean !== null && measure.rows[place].mean !== null);
  const seeds = (place) => l0.rows[place].values.map((x, seed) => ({ x, y: measure.rows[place].values[seed] ?? null })).filter(({ x, y }) => x !== null && y !== null);
  const datasets = places.flatMap((place) => {
    const x = l0.rows[place], y = measure.rows[place], common = { ...UNSEEN, label: page.variants[place].name, borderColor: color(place) };
    return [
      { ...common, data: [{ x: x.mean, y: y.mean }], means: { x, y }, named: true, pointRadius: 7, intervals: [{ x: x.interval, y: y.interval }], marks: { place, radius: 7, filled: false } },
      { ...common, data: seeds(place), pointRadius: 3, marks: { place, radius: 3 } },
    ];
  });
  const x = roomyL0(isLog, places.flatMap((place) => [...seeds(place).map((one) => one.x), l0.rows[place].mean, ...(l0.rows[place].interval ?? [])]));
  const ends = places.flatMap((place) => [...seeds(place).map((one) => one.y), measure.rows[place].mean, ...(measure.rows[place].interval ?? [])]);
  return {
    type: "scatter",
    data: { datasets, tellNumbered },
    options: {
      scales: {
        x,
        y: roomyAxis(`${title} (${directionText(measure)})`, false, ends),
      },
      plugins: { tooltip: { callbacks: { label: ({ dataset: { label, means }, parsed }) =>
        ` ${label}: ${means ? `L0 ${meanText(page, means.x)}; ${meanText(page, means.y)}` : `L0 ${shown(parsed.x)}; ${shown(parsed.y)} (one seed)`}` } } },
    },
  };
}

/** Null where no variant has an L0 and an explained variance. */
function sparsityFigure(page) {
  const l0 = measureCalled(page, "dictionary/l0");
  const measures = AGAINST_L0.map(([name, title]) => ({ title, measure: measureCalled(page, name) })).filter(({ measure }) => measure);
  if (!l0 || measures.length === 0) return null;
  const rows = l0.rows.map((_, variant) => ({ variant })).filter(({ variant }) => l0.rows[variant].mean !== null);
  const means = l0.rows.map(({ mean }) => mean).filter((mean) => mean !== null);
  let isLog = Math.min(...means) > 0 && Math.max(...means) > 6 * Math.min(...means);
  const numbered = new Set();
  const values = redrawn(() => table({
    caption: "Mean \u00b1 95 % CI half-width over the seeds.", label: "Sparsity", rows, sort: { column: numbered.size > 0 ? 2 : 1 },
    columns: [
      variantColumn(page.variants),
      numbered.size > 0 && { title: "No.", count: true, value: (row) => row.variant + 1, hint: "number of the variant in the charts" },
      ...[{ title: "L0", measure: l0 }, ...measures, ...["cosine", "norm_ratio", "dead"].map((name) => ({ title: name.replace("_", " "), measure: measureCalled(page, `dictionary/${name}`) })).filter(({ measure }) => measure)]
        .map(({ title, measure }) => ({ title: withArrow(title, measure), number: true, value: (row) => measure.rows[row.variant].mean,
          text: (row) => meanText(page, measure.rows[row.variant]), hint: `mean \u00b1 95 % CI half-width; ${measure.definition}` })),
    ].filter(Boolean),
  }));
  const drawings = measures.map(({ title, measure }) => chart(`${title} of every run against its L0, with the variants' means and intervals`,
    () => sparsityConfig(page, l0, measure, title, isLog, (isNumbered) => {
      if (numbered.has(title) === isNumbered) return;
      isNumbered ? numbered.add(title) : numbered.delete(title);
      values.redraw();
    })));
  const without = page.variants.filter((_, place) => l0.rows[place].mean === null).map(({ name }) => name);
  return figure({
    controls: checkbox("Logarithmic L0", isLog, (checked) => { isLog = checked; drawings.forEach((drawing) => drawing.draw()); }),
    left: [h("div", { class: drawings.length > 1 ? "charts" : null }, drawings.map(({ node }) => node)), values.node],
    caption: `Reconstruction against sparsity, on the ${page.part} split. Small marks: single runs. Outlined marks: means over the seeds of a variant, with 95 % confidence intervals in both directions. Compare variants at similar L0: more active latents reconstruct better.${measures.length > 1 ? " What reconstructs better need not match the true features better." : ""}${without.length > 0 ? ` Not a dictionary: ${without.join(", ")}.` : ""}`,
  });
}
