// What a result costs: every variant's metric against its size or training time.

function costsOf(page) {
  const costs = [
    { key: "code", name: "code dimensions", whole: true, at: (variant) => ({ mean: variant.code ?? null, range: null }) },
    { key: "parameters", name: "parameters", whole: true, at: (variant) => ({ mean: variant.parameters?.mean ?? null, range: null }) },
    { key: "seconds", name: "training seconds", at: (variant) => ({ mean: variant.seconds?.mean ?? null, range: variant.seconds && [variant.seconds.low, variant.seconds.high] }) },
  ];
  const sparsity = page.measures.find((measure) => measure.name === "code/l0");
  if (sparsity)
    costs.splice(1, 0, { key: "l0", name: "active code dimensions (L0)",
      at: (_, place) => ({ mean: sparsity.rows[place].mean, range: sparsity.rows[place].interval }) });
  return costs;
}

/** Points of the variants that have both. `optimal`: whether comparison.json calls it Pareto-optimal; null where it does not
    consider the variant. */
const tradeOffs = (page, cost, measure) =>
  page.variants.map((variant, place) => ({
    variant: place, x: cost.at(variant, place), y: measure.rows[place], optimal: measure.rows[place].pareto_optimal[cost.key] ?? null,
  })).filter((point) => point.x.mean !== null && point.y.mean !== null);

function tradeOffConfig(page, cost, measure, isLog, tellNumbered) {
  const points = tradeOffs(page, cost, measure);
  const datasets = points.map((point) => ({
    label: page.variants[point.variant].name, data: [{ x: point.x.mean, y: point.y.mean }], point, named: true, pointRadius: 7, ...UNSEEN,
    intervals: [{ x: point.x.range, y: point.y.interval }], borderColor: color(point.variant),
    marks: { place: point.variant, radius: 7, filled: point.optimal === true },
  }));
  return {
    type: "scatter",
    data: { datasets, tellNumbered },
    options: {
      scales: {
        x: roomyAxis(cost.name, isLog, points.flatMap(({ x }) => [x.mean, ...(x.range ?? [])])),
        y: roomyAxis(`${measure.name} (${measure.better} is better)`, false, points.flatMap(({ y }) => [y.mean, ...(y.interval ?? [])])),
      },
      plugins: { tooltip: { callbacks: { label: ({ dataset }) =>
        ` ${dataset.label}: ${cost.whole ? counted(dataset.point.x.mean) : shown(dataset.point.x.mean)}; ${meanText(page, dataset.point.y)}` } } },
    },
  };
}

/** `numbered`: whether the chart has no room for names and shows numbers. */
function tradeOffTable(page, cost, measure, numbered) {
  return table({
    caption: `${measure.name} and ${cost.name}`, rows: tradeOffs(page, cost, measure), sort: { column: numbered ? 2 : 1 },
    columns: [
      variantColumn(page.variants),
      numbered && { title: "No.", count: true, value: (row) => row.variant + 1, hint: "number of the variant in the chart" },
      { title: cost.name, ...(cost.whole ? { count: true } : { number: true }), value: (row) => row.x.mean },
      { title: measure.name, number: true, value: (row) => row.y.mean, text: (row) => meanText(page, row.y),
        hint: `mean \u00b1 95 % CI half-width; ${measure.definition}` },
      { title: "Pareto-optimal", value: (row) => ({ true: "yes", false: "no" })[row.optimal] ?? "not considered", best: (row) => row.optimal === true,
        hint: "no other variant is at least as good in metric and cost and better in one of them, comparing means; variants that lack runs or values are not considered" },
    ].filter(Boolean),
  });
}

function tradeOffFigure(page) {
  const measures = page.measures.filter((measure) => hasDirection(measure) && measure.rows.some((row) => row.mean !== null));
  if (measures.length === 0) return null;
  const costs = costsOf(page);
  let cost = costs.find((one) => one.name === "training seconds");
  let measure = measures.find((one) => one.name === page.metric) ?? measures[0];
  let isLog = true, numbered = false;
  const values = redrawn(() => tradeOffTable(page, cost, measure, numbered));
  const drawing = chart("A metric of every variant against its cost, with intervals", () => tradeOffConfig(page, cost, measure, isLog, (isNumbered) => {
    if (numbered === isNumbered) return;
    numbered = isNumbered;
    values.redraw();
  }), "tall");
  const redraw = () => { drawing.draw(); values.redraw(); };
  return figure({
    controls: [
      select("Cost", costs.map((one) => [one.name, one.name]), cost.name, (name) => { cost = costs.find((one) => one.name === name); redraw(); }),
      select("Metric", measures.map((one) => [one.name, one.name]), measure.name, (name) => { measure = measures.find((one) => one.name === name); redraw(); }),
      checkbox("Logarithmic cost", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: [drawing.node, values.node],
    caption: `Filled marks are Pareto-optimal. Vertical bars: 95 % confidence intervals over seeds. Horizontal bars: the range of the seeds for training seconds${costs.some(({ name }) => name.includes("L0")) ? ", the 95 % confidence interval for L0" : ""}.`,
  });
}
