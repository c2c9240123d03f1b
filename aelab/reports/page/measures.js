// Measures over variants: which is better at what, the metric with its intervals, all measures, trade-offs.

const hasDirection = (measure) => measure.better === "lower" || measure.better === "higher";
const directionText = (measure) => (hasDirection(measure) ? `${measure.better} is better` : "neither way is better");

/** The variant that leads by comparison.json, or -1. */
const leader = (measure) => measure.claim?.leader ?? -1;

/** The verdict's claim, as comparison.json states it. */
function headline(page) {
  return page.summary ? h("p", { class: "verdict" }, page.summary) : null;
}

function bestAtWhat(page) {
  const rows = page.measures.filter((measure) => leader(measure) >= 0).map((measure) => ({ measure, variant: leader(measure), ...measure.claim }));
  if (rows.length === 0) return gap("No metric has a leader: none was measured for which lower or higher is better, or no variant completed all its runs.");
  return table({
    caption: `Best mean of each metric. Significant: paired t tests against every other variant all give p < ${page.significance ?? 0.05}, Holm-corrected.`,
    label: "Which variant is best at what",
    rows,
    columns: [
      { title: "Metric", head: true, value: (row) => row.measure.name },
      { title: "Best", value: (row) => page.variants[row.variant].name, best: (row) => row.level === "significant",
        cell: (row) => named(row.variant, page.variants[row.variant].name) },
      { title: "Mean ± 95 % CI half-width", number: true, value: (row) => row.measure.rows[row.variant].mean,
        text: (row) => withHalf(row.measure.rows[row.variant].mean, row.measure.rows[row.variant].interval) },
      { title: "Better", value: (row) => row.measure.better },
      { title: "Level", value: (row) => row.level.charAt(0).toUpperCase() + row.level.slice(1) },
      { title: "Reason", long: true, value: (row) => row.reason },
    ],
  });
}

// --- One measure: every seed, means and intervals ---

function intervalConfig(page, measure) {
  const order = measure.rows.map((row, place) => place).filter((place) => measure.rows[place].mean !== null);
  const sign = measure.better === "higher" ? -1 : 1;
  order.sort((a, b) => sign * (measure.rows[a].mean - measure.rows[b].mean));
  const datasets = order.flatMap((place, height) => {
    const row = measure.rows[place], at = order.length - height;
    return [
      { label: page.variants[place].name, data: [{ x: row.mean, y: at }], intervals: [{ x: row.interval }],
        row, borderColor: colour(place), backgroundColor: colour(place), pointStyle: mark(place), pointRadius: 6 },
      { label: page.variants[place].name, data: row.values.filter((value) => value !== null).map((x) => ({ x, y: at - .26 })),
        borderColor: faded(colour(place), .7), backgroundColor: faded(colour(place), .3), pointRadius: 2.5 },
    ];
  });
  return {
    type: "scatter",
    data: { datasets },
    options: {
      scales: {
        x: roomyAxis(`${measure.name} (${directionText(measure)})`, false,
          order.flatMap((place) => [...measure.rows[place].values, ...(measure.rows[place].interval ?? [])])),
        y: axis("", {
          min: .4, max: order.length + .6, grid: { display: false, borderColor: themed("line") },
          afterBuildTicks: (scale) => { scale.ticks = order.map((_, height) => ({ value: order.length - height })); },
          ticks: { autoSkip: false, color: themed("ink"), callback: (value) => shortName(page.variants[order[order.length - value]]?.name) },
        }),
      },
      plugins: { tooltip: { callbacks: { label: ({ dataset, parsed }) =>
        ` ${dataset.label}: ${dataset.row ? withHalf(dataset.row.mean, dataset.row.interval) : shown(parsed.x)}` } } },
    },
  };
}

const shortName = (name = "") => (name.length > 26 ? `${name.slice(0, 25)}\u2026` : name);

function measureTable(page, measure) {
  const rows = measure.rows.map((row, variant) => ({ ...row, variant }));
  const isBaseline = (row) => page.variants[row.variant].name === page.baseline;
  return table({
    caption: `${measure.name}: ${measure.definition || "without a definition"}; ${directionText(measure)}.`,
    rows, sort: { column: 2, ascending: measure.better !== "higher" },
    columns: [
      variantColumn(page.variants),
      { title: "n", number: true, value: (row) => row.n, hint: "runs that count" },
      { title: "Mean", number: true, value: (row) => row.mean, best: (row) => row.best },
      { title: "95 % interval", number: true, value: (row) => row.interval?.[0] ?? null, text: (row) => intervalText(row.interval) },
      { title: "Worst", number: true, value: (row) => row.worst, hint: "of the seeds" },
      { title: `Against ${page.baseline}`, number: true, value: (row) => row.against?.mean ?? null,
        text: (row) => (isBaseline(row) ? "baseline" : row.against ? withHalf(row.against.mean, row.against.interval) : MISSING),
        hint: "mean difference over the seeds that both have" },
      { title: "p (Holm)", number: true, value: (row) => row.against?.p ?? null, text: (row) => probability(row.against?.p ?? null) },
      { title: "d", number: true, value: (row) => row.against?.effect ?? null, hint: "Cohen's d of pairs",
        text: (row) => (row.against?.effect == null ? MISSING : shown(row.against.effect, 3)) },
    ],
  });
}

function metricFigure(page) {
  let measure = page.measures.find((one) => one.name === page.metric) ?? page.measures[0];
  const height = () => (page.variants.length > 8 ? "" : "low");
  const drawing = chart("Means of one measure with 95 % intervals over seeds, and every seed's value", () => intervalConfig(page, measure), height());
  if (page.variants.length > 12) drawing.node.style.height = `${Math.min(page.variants.length * 1.7, 120)}rem`;
  const right = redrawn(() => measureTable(page, measure));
  const choose = select("Measure", page.measures.map((one) => [one.name, one.name]), measure.name, (name) => {
    measure = page.measures.find((one) => one.name === name);
    drawing.draw();
    right.redraw();
  });
  return h("div", null, figure({
    controls: choose, left: [drawing.node, right.node],
    caption: `Large marks are means over seeds, bars their 95 % t intervals, small dots the single seeds. The table's differences and p values are those of paired t tests against ${page.baseline}, corrected by Holm over the variants; a bold mean differs from that of every other variant.`,
  }));
}

// --- All measures ---

function allMeasures(page) {
  const groups = new Map();
  for (const measure of page.measures) {
    const group = measure.name.split("/")[0];
    groups.set(group, [...(groups.get(group) ?? []), measure]);
  }
  const rows = page.variants.map((_, variant) => ({ variant }));
  const tables = [...groups].map(([group, measures]) => [h("h3", null, group), table({
    label: group, rows,
    columns: [variantColumn(page.variants), ...measures.map((measure) => ({
      title: `${measure.name.slice(group.length + 1) || group}${measure.better === "lower" ? " \u2193" : measure.better === "higher" ? " \u2191" : ""}`,
      number: true, hint: `${measure.definition}; ${directionText(measure)}`,
      value: (row) => measure.rows[row.variant].mean,
      text: (row) => withHalf(measure.rows[row.variant].mean, measure.rows[row.variant].interval),
      best: (row) => measure.rows[row.variant].best,
    }))],
  })]);
  return [h("p", { class: "soft" }, "Mean ± half of the 95 % interval. An arrow points where better is; bold differs from every other variant. A column's head says, when pointed at, what it measures."), tables];
}

// --- Trade-offs ---

function costsOf(page) {
  const costs = [
    { name: "numbers in the code", at: (variant) => ({ mean: variant.code ?? null, range: null }) },
    { name: "parameters", at: (variant) => ({ mean: variant.parameters?.mean ?? null, range: null }) },
    { name: "seconds of training", at: (variant) => ({ mean: variant.seconds?.mean ?? null, range: variant.seconds && [variant.seconds.low, variant.seconds.high] }) },
  ];
  const sparsity = page.measures.find((measure) => measure.name === "code/l0");
  if (sparsity)
    costs.splice(1, 0, { name: "active numbers in the code (L0)",
      at: (_, place) => ({ mean: sparsity.rows[place].mean, range: sparsity.rows[place].interval }) });
  return costs;
}

/** Points of the variants that have both; the efficient ones are no worse in both than any other. */
function tradeOffs(page, cost, measure) {
  const sign = measure.better === "higher" ? -1 : 1;
  const points = page.variants.map((variant, place) => ({
    variant: place, x: cost.at(variant, place), y: measure.rows[place],
  })).filter((point) => point.x.mean !== null && point.y.mean !== null);
  const dominates = (a, b) => a.x.mean <= b.x.mean && sign * a.y.mean <= sign * b.y.mean &&
    (a.x.mean < b.x.mean || sign * a.y.mean < sign * b.y.mean);
  for (const point of points) point.efficient = !points.some((other) => dominates(other, point));
  return points;
}

function tradeOffConfig(page, cost, measure, isLog) {
  const points = tradeOffs(page, cost, measure);
  const datasets = points.map((point) => ({
    label: page.variants[point.variant].name, data: [{ x: point.x.mean, y: point.y.mean }], point, named: page.variants.length <= 16,
    intervals: [{ x: point.x.range, y: point.y.interval }], borderColor: colour(point.variant), pointStyle: mark(point.variant),
    backgroundColor: point.efficient ? colour(point.variant) : "transparent", pointRadius: 6, borderWidth: 2,
  }));
  return {
    type: "scatter",
    data: { datasets },
    options: {
      scales: {
        x: roomyAxis(cost.name, isLog, points.flatMap(({ x }) => [x.mean, ...(x.range ?? [])])),
        y: roomyAxis(`${measure.name} (${measure.better} is better)`, false, points.flatMap(({ y }) => [y.mean, ...(y.interval ?? [])])),
      },
      plugins: { tooltip: { callbacks: { label: ({ dataset }) =>
        ` ${dataset.label}: ${shown(dataset.point.x.mean)}; ${withHalf(dataset.point.y.mean, dataset.point.y.interval)}` } } },
    },
  };
}

function tradeOffFigure(page) {
  const measures = page.measures.filter((measure) => hasDirection(measure) && leader(measure) >= 0);
  if (measures.length === 0) return null;
  const costs = costsOf(page);
  let cost = costs.find((one) => one.name === "seconds of training");
  let measure = measures.find((one) => one.name === page.metric) ?? measures[0];
  let isLog = true;
  const drawing = chart("Each variant's error against what it costs, with intervals", () => tradeOffConfig(page, cost, measure, isLog));
  const right = redrawn(() => table({
    caption: `${cost.name}; ${measure.name}`, rows: tradeOffs(page, cost, measure), sort: { column: 1 },
    columns: [
      variantColumn(page.variants),
      { title: cost.name, number: true, value: (row) => row.x.mean },
      { title: measure.name, number: true, value: (row) => row.y.mean, text: (row) => withHalf(row.y.mean, row.y.interval) },
      { title: "Efficient", value: (row) => (row.efficient ? "yes" : "no") },
    ],
  }));
  const redraw = () => { drawing.draw(); right.redraw(); };
  return figure({
    controls: [
      select("Cost", costs.map((one) => [one.name, one.name]), cost.name, (name) => { cost = costs.find((one) => one.name === name); redraw(); }),
      select("Measure", measures.map((one) => [one.name, one.name]), measure.name, (name) => { measure = measures.find((one) => one.name === name); redraw(); }),
      checkbox("logarithmic cost", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: drawing.node, right: right.node,
    caption: "Filled marks are efficient: no other variant is at least as good at both and better at one, by their means. Vertical bars: 95 % t intervals over seeds. Horizontal bars: of seconds the least and the most of the seeds, of L0 the 95 % interval.",
  });
}
