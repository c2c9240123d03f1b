// Anomaly scores of a run: their distribution, the ROC and precision-recall curves with bands, the strangest rows.

const MEASURES_OF_RANKING = [
  ["auc", "ROC-AUC", "area under the ROC curve"],
  ["average_precision", "Average precision", "area under the precision-recall curve, as a sum over thresholds"],
  ["precision_at_n", "Precision at n", "share of anomalies among the n highest scores, of n anomalies"],
  ["partial_auc", "Partial AUC", "area under the ROC curve at low false positive rates, 0.5 for chance and 1 for a perfect score"],
  ["best_f1", "Best F1", "largest F1 of any threshold"],
];

/** A number with its interval on a second line. */
const withInterval = (measure) => (measure && measure.value !== null
  ? [shown(measure.value), h("br"), h("small", { class: "soft" }, intervalText(measure.low === null ? null : [measure.low, measure.high]))] : MISSING);

function rankingTable(known) {
  const compared = known.scores.filter((score) => score.delong).length > 0;
  return table({
    label: "Anomaly scores", rows: known.scores,
    caption: `${plural(known.rows, "row")} of the ${known.part} split, ${counted(known.anomalies)} of them anomalies: of other classes than the normal ones (${known.normal}). In brackets: 95 % intervals by ${plural(known.resamples, "bootstrap resample")} of these rows.`,
    terms: known.scores.map((score) => [score.name, score.definition]),
    columns: [
      { title: "Score", head: true, value: (score) => score.name, cell: known.scores.length > 1 ? (score) => named(score.place, score.name, true) : null },
      ...MEASURES_OF_RANKING.map(([key, title, hint]) => ({ title, hint, number: true, value: (score) => score.measures[key]?.value ?? null,
        cell: (score) => h("span", null, withInterval(score.measures[key])) })),
      compared && { title: "p", number: true, hint: `DeLong's test of whether the area under the ROC curve is that of ${known.scores[0].name}, on the same rows; not corrected for several scores`,
        value: (score) => score.delong?.p ?? null, text: (score) => probability(score.delong?.p ?? null) },
    ].filter(Boolean),
  });
}

// --- Distributions ---

function distributionConfig({ distribution: { edges, normal, anomalies, logarithmic }, threshold }) {
  const at = logarithmic ? (threshold.value > 0 ? Math.log10(threshold.value) : null) : threshold.value;
  const share = (counts) => { const all = counts.reduce((sum, count) => sum + count, 0); return counts.map((count) => (all > 0 ? count / all : 0)); };
  const bars = (counts, place, label) => ({
    label, counts, backgroundColor: faded(color(place), .55), borderColor: color(place), borderWidth: 1, grouped: false, barPercentage: 1, categoryPercentage: 1,
    data: share(counts).map((y, bin) => ({ x: (edges[bin] + edges[bin + 1]) / 2, y })),
  });
  const ofEdge = (edge) => shown(logarithmic ? 10 ** edge : edge, 3);
  return {
    type: "bar",
    data: { datasets: [bars(normal, 0, "normal"), bars(anomalies, 1, "anomalies")] },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: axis(logarithmic ? "score (logarithmic)" : "score", { type: "linear", offset: false, min: Math.min(edges[0], at ?? edges[0]), max: Math.max(edges.at(-1), at ?? edges[0]),
          grid: { display: false, borderColor: themed("line") }, ticks: { callback: ofEdge } }),
        y: numberAxis("share of the rows of either kind", false, { beginAtZero: true }),
      },
      plugins: {
        phases: { marks: at === null ? [] : [{ at, name: "threshold", color: themed("soft") }] },
        tooltip: { callbacks: {
          title: ([item]) => (item ? `${ofEdge(edges[item.dataIndex])} to ${ofEdge(edges[item.dataIndex + 1])}` : ""),
          label: ({ dataset, dataIndex }) => ` ${dataset.label}: ${plural(dataset.counts[dataIndex], "row")}`,
        } },
      },
    },
  };
}

const kindsLegend = () => h("div", { class: "legend" }, [["normal", 0], ["anomalies", 1]].map(([name, place]) => h("span", null, named(place, name))));

function distributionTable({ distribution: { edges, normal, anomalies, logarithmic }, name }) {
  const at = (edge) => (logarithmic ? 10 ** edge : edge);
  return table({
    label: `Distribution of ${name}`, rows: normal.map((count, bin) => ({ from: at(edges[bin]), to: at(edges[bin + 1]), normal: count, anomalies: anomalies[bin] })),
    columns: [
      { title: "Score from", head: true, value: (row) => row.from, text: (row) => shown(row.from) },
      { title: "To", number: true, value: (row) => row.to },
      { title: "Normal rows", count: true, value: (row) => row.normal },
      { title: "Anomalies", count: true, value: (row) => row.anomalies },
    ],
  });
}

const classesTable = ({ classes, name }) => table({
  label: `Classes by ${name}`, rows: classes, sort: { column: 3, ascending: true },
  columns: [
    { title: "Class", head: true, value: (row) => row.class },
    { title: "Normal", value: (row) => (row.normal ? "yes" : "no") },
    { title: "Rows", count: true, value: (row) => row.rows },
    { title: "Median score", number: true, value: (row) => row.median },
    { title: "Above the threshold", number: true, value: (row) => row.above, text: (row) => (row.above === null ? MISSING : `${shown(100 * row.above, 3)}\u00a0%`) },
  ],
});

function distributionFigure(score) {
  if (!score.distribution) return null;
  return figure({
    left: [kindsLegend(), chart(`Distribution of the score ${score.name}: shares of normal rows and of anomalies`, () => distributionConfig(score), "low").node,
      later(`Classes by ${score.name}`, () => classesTable(score)), later(`Distribution of ${score.name} as a table`, () => distributionTable(score))],
    caption: `${score.name}: ${score.definition}. Dashed: the threshold ${shown(score.threshold.value)} (${score.threshold.rule}); aelab detect chooses others.`,
  });
}

// --- Scores over the file ---

const shareText = (share) => `${shown(100 * share, 3)}\u00a0%`;

function driftConfig({ drift, threshold, place }) {
  const at = ({ first, last }) => (first + last) / 2;
  const line = (label, key, options) => ({ label, data: drift.map((block) => ({ x: at(block), y: block[key] })), borderColor: color(place),
    backgroundColor: faded(color(place), .16), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, ...options });
  const limit = threshold.value === null ? [] : [{ label: "threshold", data: [drift[0], drift.at(-1)].map((block) => ({ x: at(block), y: threshold.value })),
    borderColor: themed("soft"), borderWidth: 1, borderDash: [3, 3], pointRadius: 0, pointHitRadius: 0 }];
  return {
    type: "line",
    data: { datasets: [line("median", "median", { borderWidth: 2, pointRadius: 2, pointHitRadius: 8 }), line("lower quartile", "low", { fill: false }), line("upper quartile", "high", { fill: "-1" }), ...limit] },
    options: {
      parsing: true, normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: numberAxis("row of the file", false), y: numberAxis("score", false) },
      plugins: { tooltip: {
        filter: (item) => item.datasetIndex === 0,
        callbacks: {
          title: ([item]) => (item ? `rows ${counted(drift[item.dataIndex].first)} to ${counted(drift[item.dataIndex].last)}` : ""),
          label: ({ dataIndex }) => ` median ${shown(drift[dataIndex].median)}; ${shareText(drift[dataIndex].above)} above the threshold`,
        },
      } },
    },
  };
}

const driftTable = ({ drift, name }) => table({
  label: `Scores over the file by ${name}`, rows: drift,
  columns: [
    { title: "From row", head: true, count: true, value: (block) => block.first },
    { title: "To", count: true, value: (block) => block.last },
    { title: "Lower quartile", number: true, value: (block) => block.low },
    { title: "Median score", number: true, value: (block) => block.median },
    { title: "Upper quartile", number: true, value: (block) => block.high },
    { title: "Above the threshold", number: true, value: (block) => block.above, text: (block) => shareText(block.above) },
  ],
});

function driftFigure(score) {
  if (score.drift.length === 0) return null;
  return figure({
    left: [chart(`Scores over the file by ${score.name}: median and quartiles of normal rows`, () => driftConfig(score), "low").node,
      later(`Scores over the file by ${score.name} as a table`, () => driftTable(score))],
    caption: `${score.name}: median of the scores of normal rows, in the order of their file, in ${plural(score.drift.length, "block")} of equal numbers of rows; band: quartiles; dashed: the threshold. A trend says that rows drift away from what the model was trained on.`,
  });
}

// --- Curves ---

/** lines: [{place, name, y: [], low?, high?}] over the grid; `chance`: its points. */
function rankingConfig({ grid, lines, xTitle, title, chance }) {
  const line = (one, values, options) => ({ label: one.name, data: grid.map((x, at) => ({ x, y: values[at] })), borderColor: color(one.place),
    backgroundColor: faded(color(one.place), .16), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, ...options });
  const rates = (words) => axis(words, { type: "linear", min: 0, max: 1, ticks: { stepSize: .2, callback: (value) => tick(value) } });
  return {
    type: "line",
    data: { datasets: [
      ...lines.flatMap((one) => [
        line(one, one.y, { borderWidth: 2, borderDash: dash(one.place), series: one, marks: { place: one.place, radius: 4, points: marksAlong(grid.length, one.place) } }),
        ...(one.low ? [line(one, one.low, { fill: false }), line(one, one.high, { fill: "-1" })] : []),
      ]),
      { label: "chance", data: chance, borderColor: themed("soft"), borderWidth: 1, borderDash: [3, 3], pointRadius: 0, pointHitRadius: 0 },
    ] },
    options: {
      parsing: true, normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: rates(xTitle), y: rates(title) },
      plugins: { tooltip: {
        filter: (item) => Boolean(item.dataset.series),
        callbacks: {
          title: (items) => (items.length ? `${xTitle} ${shown(items[0].parsed.x)}` : ""),
          label: ({ dataset: { series: one }, dataIndex }) => ` ${one.name}: ${shown(one.y[dataIndex])}${one.low ? ` ${intervalText([one.low[dataIndex], one.high[dataIndex]])}` : ""}`,
        },
      } },
    },
  };
}

function ratesTable(label, grid, lines, xTitle) {
  const rows = grid.map((x, at) => ({ x, at })).filter(({ at }) => at % 5 === 0);
  return table({
    label, rows,
    columns: [{ title: xTitle, head: true, value: (row) => row.x, text: (row) => shown(row.x) },
      ...lines.flatMap((one) => [{ title: one.name, number: true, value: (row) => one.y[row.at] },
        one.low && { title: "95 % interval", value: (row) => one.low[row.at], text: (row) => intervalText([one.low[row.at], one.high[row.at]]) }].filter(Boolean))],
  });
}

function curvesFigure(known) {
  const { grid, scores, rows, anomalies } = known;
  const tiles = [
    ["ROC", "roc", "found", "false positive rate", "true positive rate", [{ x: 0, y: 0 }, { x: 1, y: 1 }]],
    ["Precision-recall", "precision_recall", "precision", "recall", "precision", [{ x: 0, y: anomalies / rows }, { x: 1, y: anomalies / rows }]],
  ].map(([name, key, values, xTitle, title, chance]) => {
    const lines = scores.filter((score) => score[key]).map((score) => ({ place: score.place, name: score.name, y: score[key][values], low: score[key].low, high: score[key].high }));
    return lines.length > 0 && h("div", null, h("h3", null, name), chart(`${name} curve`, () => rankingConfig({ grid, lines, xTitle, title, chance })).node,
      later(`${name} curve as a table`, () => ratesTable(`${name} curve`, grid, lines, xTitle)));
  }).filter(Boolean);
  if (tiles.length === 0) return null;
  return figure({
    left: [h("div", { class: "legend" }, scores.map((score) => h("span", null, named(score.place, score.name, true)))), h("div", { class: "charts" }, tiles)],
    caption: `ROC and precision-recall curves of each score on ${plural(rows, "row")} with ${counted(anomalies)} anomalies; bands: 95 % of ${plural(known.resamples, "bootstrap resample")} of these rows. Precision is the largest at a recall or more. Thin dashed lines: chance.`,
  });
}

// --- The strangest rows ---

const cellWords = ({ feature, contribution, value }) => `${feature}${value === null ? "" : ` = ${shown(value)}`} (${shown(contribution, 3)})`;
const isMarked = (row, place) => row.cells.some((cell) => cell.place === place);

/** A line for each row. Of tables with few columns all values, the strange cells marked; else these alone. */
function strangestTable(score) {
  const marked = (row, place) => h("span", { class: isMarked(row, place) && "strange" }, shown(row.values[place]));
  return table({
    label: `Strangest rows by ${score.name}`, rows: score.strangest,
    columns: [
      { title: "Row", head: true, count: true, value: (row) => row.row, text: (row) => counted(row.row) },
      { title: "Class", value: (row) => row.class },
      { title: "Score", number: true, value: (row) => row.score },
      ...(score.columns.length > 0 ? score.columns.map((title, place) => ({ title, number: true, value: (row) => row.values[place] ?? null,
        cell: (row) => (row.values.length > place ? marked(row, place) : null) })) : []),
      score.strangest.some(({ cells }) => cells.length > 0) && { title: "Explained by", long: true, value: (row) => row.cells.map(cellWords).join("; "),
        hint: "the features that add most to the score, and in parentheses what they add" },
    ].filter(Boolean),
  });
}

/** Each row above its reconstruction. */
function strangestPictures(score) {
  const cell = (row, column) => h("div", null,
    [[0, "row"], [1, "reconstruction of row"]].map(([line, words]) => cellOf(score, line, column, `${words} ${row.row}, ${row.class}`)),
    h("small", null, shown(row.score, 3)), h("small", null, row.class), h("small", { class: "soft" }, `row ${counted(row.row)}`));
  return h("div", { class: "cells" }, score.strangest.map(cell));
}

function strangestFigure(known, score) {
  if (score.strangest.length === 0) return null;
  return figure({
    left: [score.pictures && strangestPictures(score),
      score.pictures ? later(`Strangest rows by ${score.name} as a table`, () => strangestTable(score)) : strangestTable(score)],
    caption: `${score.name}: the rows of the ${known.part} split with the highest scores${score.pictures ? ", with score, class and number, above their reconstructions" : score.columns.length > 0 ? "; marked: the cells that add most to the score" : ""}. Rows are numbered as aelab detect numbers them.`,
  });
}

/** Nothing where no anomaly scores were evaluated. */
function runAnomalies(page) {
  const known = page.anomalies;
  if (!known || known.scores.length === 0) return [];
  known.scores.forEach((score, place) => { score.place = place; });
  return [rankingTable(known), curvesFigure(known), known.scores.map(distributionFigure), known.scores.map(driftFigure), known.scores.map((score) => strangestFigure(known, score))].flat().filter(Boolean);
}
