// Metrics over variants: which is best at what, one metric with its intervals, all metrics.

const hasDirection = (measure) => measure.better === "lower" || measure.better === "higher";
const directionText = (measure) => (hasDirection(measure) ? `${measure.better} is better` : "no preferred direction");

/** A sentence of the verdict, as comparison.json states it but for the form of numbers. */
const sentenceOf = (page, text) => sentence(text, page.variants.map((variant) => variant.name));

const headline = (page) => (page.summary ? h("p", { class: "verdict" }, sentenceOf(page, page.summary)) : null);

/** "0.3481 ± 0.0230"; with the number of seeds where the mean is not over all of them. */
const meanText = (page, row) =>
  withHalf(row.mean, row.interval) + (row.mean !== null && row.n > 0 && row.n < page.seeds.length ? ` (n=${row.n})` : "");

/** Which means are bold, by the rule of comparison.json. */
const boldText = (page) => (page.best ? ` Bold: ${page.best}.` : "");

/** "mse ↓", held together. */
const withArrow = (name, { better }) => name + (better === "lower" ? "\u00a0\u2193" : better === "higher" ? "\u00a0\u2191" : "");

/** What the levels of comparison.json mean, for definitions. */
const levelTerms = (page) => page.levels.map(({ key, value }) => [key, value]);

/** Every metric with a better direction, its leader and what is claimed of it. */
function bestAtWhat(page) {
  const rows = page.measures.filter((measure) => hasDirection(measure) && hasValues(measure))
    .map((measure) => ({ measure, variant: measure.claim?.leader ?? null, row: measure.rows[measure.claim?.leader] ?? null }));
  if (rows.length === 0) return null;
  return table({
    caption: `Best mean of each metric.${boldText(page)}`,
    label: "Which variant is best at what",
    rows, terms: levelTerms(page),
    columns: [
      { title: "Metric", head: true, value: ({ measure }) => measure.name },
      { title: "Best", value: ({ variant }) => page.variants[variant]?.name ?? null, best: ({ row }) => row?.best,
        cell: ({ variant }) => page.variants[variant] && named(variant, page.variants[variant].name) },
      { title: "Mean ± 95 % CI half-width", number: true, value: ({ row }) => row?.mean ?? null,
        text: ({ row }) => (row ? meanText(page, row) : MISSING) },
      { title: "Better", value: ({ measure }) => measure.better },
      { title: "Result", word: true, value: ({ measure }) => measure.claim?.level || null },
      { title: "Reason", long: true, value: ({ measure }) => measure.claim?.explanation || null,
        cell: ({ measure }) => folded(measure.claim?.explanation ? sentenceOf(page, measure.claim.explanation) : null, 5) },
    ],
  });
}

// --- One metric: every seed, means and intervals ---

/** `title` names the axis; `errorOf(variant, seed)` is half the length of a seed's own bar, or null. */
function intervalConfig(page, measure, { title = `${measure.name} (${directionText(measure)})`, errorOf = () => null } = {}) {
  const order = measure.rows.map((row, place) => place).filter((place) => measure.rows[place].mean !== null);
  const sign = measure.better === "higher" ? -1 : 1;
  order.sort((a, b) => sign * (measure.rows[a].mean - measure.rows[b].mean));
  const seeds = (place) => measure.rows[place].values.map((x, seed) => ({ x, half: errorOf(place, seed) })).filter(({ x }) => x !== null);
  const datasets = order.flatMap((place, height) => {
    const row = measure.rows[place], at = order.length - height, common = { ...UNSEEN, label: page.variants[place].name };
    return [
      { ...common, data: [{ x: row.mean, y: at }], intervals: [{ x: row.interval }], row,
        borderColor: color(place), pointRadius: 7, marks: { place, radius: 7 } },
      { ...common, data: seeds(place).map(({ x }) => ({ x, y: at - .28 })), intervals: seeds(place).map(({ half, x }) => ({ x: half === null ? null : [x - half, x + half] })),
        borderColor: color(place), pointRadius: 3.5, marks: { place, radius: 3.5 } },
    ];
  });
  return {
    type: "scatter",
    data: { datasets },
    options: {
      scales: {
        x: roomyAxis(title, false,
          order.flatMap((place) => [...seeds(place).flatMap(({ x, half }) => [x - half, x + half]), ...(measure.rows[place].interval ?? [])])),
        y: axis("", {
          min: .4, max: order.length + .6, grid: { display: false, borderColor: themed("line") },
          afterBuildTicks: (scale) => { scale.ticks = order.map((_, height) => ({ value: order.length - height })); },
          ticks: { autoSkip: false, color: themed("ink"), callback(value) {
            return shortName(page.variants[order[order.length - value]]?.name, this.chart.width < 500 ? 14 : 26);
          } },
        }),
      },
      plugins: { tooltip: { callbacks: { label: ({ dataset, parsed }) =>
        ` ${dataset.label}: ${dataset.row ? withHalf(dataset.row.mean, dataset.row.interval) : shown(parsed.x)}` } } },
    },
  };
}

function measureTable(page, measure) {
  const rows = measure.rows.map((row, variant) => ({ ...row, variant }));
  const isBaseline = (row) => page.variants[row.variant].name === page.baseline;
  return table({
    caption: `${measure.name}: ${measure.definition || "no definition recorded"}; ${directionText(measure)}.${boldText(page)}`,
    label: measure.name, rows, sort: { column: 2, ascending: measure.better !== "higher" },
    columns: [
      variantColumn(page.variants),
      { title: "n", count: true, value: (row) => row.n, hint: "completed runs, one per seed" },
      { title: "Mean", number: true, value: (row) => row.mean, best: (row) => row.best, hint: "mean over the seeds" },
      { title: "95 % CI", number: true, value: (row) => row.interval?.[0] ?? null, text: (row) => intervalText(row.interval), hint: "95 % confidence interval of the mean, from the t distribution over seeds" },
      { title: "Worst", number: true, value: (row) => row.worst, hint: "value of the worst seed" },
      { title: `Difference from ${page.baseline}`, number: true, value: (row) => row.against?.mean ?? null,
        text: (row) => (isBaseline(row) ? "baseline" : row.against ? withHalf(row.against.mean, row.against.interval) : MISSING),
        hint: "mean of the paired differences over the seeds that both variants completed, \u00b1 95 % CI half-width" },
      { title: "p (Holm)", number: true, value: (row) => row.against?.p ?? null, text: (row) => probability(row.against?.p ?? null),
        hint: "p value of the paired t test against the baseline, after Holm's correction over the variants" },
      { title: "Cohen's d", number: true, value: (row) => row.against?.effect ?? null,
        text: (row) => (row.against?.effect == null ? MISSING : shown(row.against.effect)),
        hint: "mean of the paired differences divided by their standard deviation" },
    ],
  });
}

/** How every variant stands, and why. */
function standingTable(page, measure) {
  return table({
    label: `${measure.name}: every variant against the leader`, terms: levelTerms(page),
    rows: measure.rows.map((row, variant) => ({ ...row, variant })),
    columns: [
      variantColumn(page.variants),
      { title: "Against the leader", word: true, value: (row) => row.level || null,
        text: (row) => (row.variant === measure.claim?.leader ? `leads, ${row.level}` : row.level || MISSING),
        hint: "how firmly the variant differs from the leader; of the leader, from all others" },
      { title: "Reason", long: true, value: (row) => row.sentence || null, cell: (row) => folded(row.sentence ? sentenceOf(page, row.sentence) : null, 5) },
    ],
  });
}

function metricFigure(page) {
  let measure = page.measures.find((one) => one.name === page.metric) ?? page.measures[0];
  const height = () => (page.variants.length > 8 ? "" : "low");
  const drawing = chart("Mean of one metric with its 95 % confidence interval over seeds, and the value of every seed", () => intervalConfig(page, measure), height());
  if (page.variants.length > 12) drawing.node.style.height = `${Math.min(page.variants.length * 1.7, 120)}rem`;
  const values = redrawn(() => measureTable(page, measure)), standings = redrawn(() => standingTable(page, measure));
  const choose = select("Metric", page.measures.map((one) => [one.name, one.name]), measure.name, (name) => {
    measure = page.measures.find((one) => one.name === name);
    drawing.draw();
    values.redraw();
    standings.redraw();
  });
  return figure({
    controls: choose, left: [drawing.node, values.node, standings.node],
    caption: "Large marks are means over seeds, bars their 95 % confidence intervals, small marks the single seeds.",
  });
}

// --- All metrics ---

function allMeasures(page) {
  const groups = new Map();
  const measured = page.measures.filter(hasValues);
  for (const measure of measured) {
    const group = measure.name.split("/")[0];
    groups.set(group, [...(groups.get(group) ?? []), measure]);
  }
  const rows = page.variants.map((_, variant) => ({ variant }));
  const tables = [...groups].map(([group, measures]) => h("div", null, h("h3", null, group), table({
    label: group, rows,
    columns: [variantColumn(page.variants), ...measures.map((measure) => ({
      title: withArrow(measure.name.slice(group.length + 1) || group, measure),
      number: true, hint: `${measure.definition || "no definition recorded"}; ${directionText(measure)}`,
      value: (row) => measure.rows[row.variant].mean,
      text: (row) => meanText(page, measure.rows[row.variant]),
      best: (row) => measure.rows[row.variant].best,
    }))],
  })));
  const legend = ["Mean \u00b1 95 % CI half-width over the completed runs", "\u2193: lower is better; \u2191: higher is better"];
  if (measured.some((measure) => measure.rows.some((row) => row.mean === null)))
    legend.push(`${MISSING}: no value, since the metric does not apply to the variant or no run of it completed`);
  return [h("p", { class: "soft" }, `${legend.join(". ")}.${boldText(page)}`), h("div", { class: "groups" }, tables), unmeasured(page)];
}

const hasValues = (measure) => measure.rows.some((row) => row.mean !== null);

/** The metrics without a value, and why. */
function unmeasured(page) {
  const reasons = new Map();
  for (const { name, claim } of page.measures.filter((measure) => !hasValues(measure))) {
    const reason = claim?.explanation || "No value.";
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return [...reasons].map(([reason, names]) => h("p", { class: "soft" }, `${names.join(", ")}: ${sentenceOf(page, reason)}`));
}
