// What a comparison shows of generative models: likelihood with both errors, rate against distortion, the use of codes.

const measureCalled = (page, name) => {
  const measure = page.measures.find((one) => one.name === name);
  return measure && hasValues(measure) ? measure : null;
};

/** 95 % of a normal distribution, in standard errors. */
const NORMAL_HALF = 1.96;

/** The standard error of the mean over the seeds that comes of the drawn codes alone; null without one of each seed. */
function samplingError(row) {
  const errors = row.values.filter((value) => value !== null);
  return errors.length > 0 && errors.length === row.values.length
    ? Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0)) / errors.length : null;
}

function likelihoodTable(page, nll, others) {
  const rows = nll.rows.map((row, variant) => ({ ...row, variant })).filter((row) => row.mean !== null);
  const column = (measure, title) => measure && { title, number: true, value: (row) => measure.rows[row.variant].mean,
    text: (row) => meanText(page, measure.rows[row.variant]), hint: measure.definition };
  return table({
    caption: `Negative log-likelihood of the ${page.part} split in nats.${boldText(page)}`, label: "Likelihood", rows, sort: { column: 1 },
    columns: [
      variantColumn(page.variants),
      { title: "NLL", number: true, value: (row) => row.mean, best: (row) => row.best, hint: `mean over the seeds; ${nll.definition}` },
      { title: "\u00b1 seeds", number: true, value: (row) => (row.interval ? (row.interval[1] - row.interval[0]) / 2 : null),
        text: (row) => (row.interval ? shown((row.interval[1] - row.interval[0]) / 2, 2) : MISSING), hint: "half-width of the 95 % confidence interval of the mean, from the t distribution over seeds" },
      others.error && { title: "\u00b1 sampling", number: true, value: (row) => samplingError(others.error.rows[row.variant]),
        text: (row) => { const error = samplingError(others.error.rows[row.variant]); return error === null ? MISSING : shown(NORMAL_HALF * error, 2); },
        hint: `1.96 standard errors of the mean by the drawn codes alone, from those of each seed; ${others.error.definition}` },
      { title: "n", count: true, value: (row) => row.n, hint: "completed runs, one per seed" },
      column(others.elbo, "ELBO"), column(others.bits, "Bits per dimension"), column(others.effective, "Effective samples"),
    ].filter(Boolean),
  });
}

/** Null where no likelihood was measured. */
function likelihoodFigure(page) {
  const nll = measureCalled(page, "likelihood/nll");
  if (!nll) return null;
  const [error, elbo, bits, effective] = ["nll_sampling_error", "elbo", "bits_per_dimension", "effective_samples"].map((name) => measureCalled(page, `likelihood/${name}`));
  const errorOf = (variant, seed) => { const one = error?.rows[variant].values[seed] ?? null; return one === null ? null : NORMAL_HALF * one; };
  const drawing = chart("Negative log-likelihood with its 95 % confidence interval over seeds, and of each seed with the interval of its importance sampling",
    () => intervalConfig(page, nll, { title: "negative log-likelihood, nats (lower is better)", errorOf }), page.variants.length > 8 ? "" : "low");
  const without = page.variants.filter((_, place) => nll.rows[place].mean === null).map(({ name }) => name);
  return figure({
    left: [drawing.node, likelihoodTable(page, nll, { error, elbo, bits, effective })],
    caption: `Large marks: means over seeds, with 95 % confidence intervals over seeds. Small marks: the single seeds${error ? ", with 1.96 standard errors of the importance sampling, for that model and these samples" : ""}.${without.length > 0 ? ` Without a likelihood: ${without.join(", ")}.` : ""}`,
  });
}

// --- Rate and distortion ---

function ratePoints(page, rate, distortion) {
  return page.variants.map((variant, place) => ({ variant: place, x: rate.rows[place], y: distortion.rows[place], likelihood: variant.likelihood ?? "" }))
    .filter(({ x, y }) => x.mean !== null && y.mean !== null);
}

function rateConfig(page, points, tellNumbered) {
  const datasets = points.map((point) => ({
    label: page.variants[point.variant].name, data: [{ x: point.x.mean, y: point.y.mean }], point, named: true, pointRadius: 7, ...UNSEEN,
    intervals: [{ x: point.x.interval, y: point.y.interval }], borderColor: color(point.variant), marks: { place: point.variant, radius: 7 },
  }));
  const ends = (key) => points.flatMap((point) => [point[key].mean, ...(point[key].interval ?? [])]);
  return {
    type: "scatter",
    data: { datasets, tellNumbered },
    options: {
      scales: { x: roomyAxis("rate, nats", false, ends("x")), y: roomyAxis("distortion, nats", false, ends("y")) },
      plugins: { tooltip: { callbacks: { label: ({ dataset: { label, point } }) => ` ${label}: rate ${meanText(page, point.x)}; distortion ${meanText(page, point.y)}` } } },
    },
  };
}

/** Null where no variant has both. */
function rateFigure(page) {
  const rate = measureCalled(page, "rate_distortion/rate"), distortion = measureCalled(page, "rate_distortion/distortion");
  const points = rate && distortion ? ratePoints(page, rate, distortion) : [];
  if (points.length === 0) return null;
  const several = new Set(points.map(({ likelihood }) => likelihood)).size > 1;
  let numbered = false;
  const values = redrawn(() => table({
    caption: "Rate and distortion in nats", rows: points, sort: { column: numbered ? 2 : 1 },
    columns: [
      variantColumn(page.variants),
      numbered && { title: "No.", count: true, value: (row) => row.variant + 1, hint: "number of the variant in the chart" },
      { title: "Rate", number: true, value: (row) => row.x.mean, text: (row) => meanText(page, row.x), hint: `mean \u00b1 95 % CI half-width; ${rate.definition}` },
      { title: "Distortion", number: true, value: (row) => row.y.mean, text: (row) => meanText(page, row.y), hint: `mean \u00b1 95 % CI half-width; ${distortion.definition}` },
      { title: "Sum", number: true, value: (row) => row.x.mean + row.y.mean, hint: "rate + distortion: minus the evidence lower bound where the likelihood is a distribution of the samples" },
      several && { title: "Likelihood", value: (row) => row.likelihood || null, hint: "distortions of other likelihoods are not comparable" },
    ].filter(Boolean),
  }));
  const drawing = chart("Distortion of every variant against its rate, with intervals", () => rateConfig(page, points, (isNumbered) => {
    if (numbered === isNumbered) return;
    numbered = isNumbered;
    values.redraw();
  }), "tall");
  const without = page.variants.filter((_, place) => !points.some(({ variant }) => variant === place)).map(({ name }) => name);
  return figure({
    left: [drawing.node, values.node],
    caption: `What codes cost under the prior, against what the decoder loses (Alemi et al. 2018), on the ${page.part} split. Bars: 95 % confidence intervals over seeds.${several ? " Distortions of other likelihoods are not comparable." : ""}${without.length > 0 ? ` Without a rate: ${without.join(", ")}.` : ""}`,
  });
}

// --- Use of the code ---

const USES = [
  ["latent/active_units", "Active units"], ["latent/collapsed", "Collapsed"], ["latent/kl", "KL divergence"], ["latent/mutual_information", "Mutual information"],
  ["codebook/perplexity", "Codebook perplexity"], ["codebook/used", "Codebook in use"],
];

/** Null where none was measured. */
function codeUseTable(page) {
  const uses = USES.map(([name, title]) => ({ title, measure: measureCalled(page, name) })).filter(({ measure }) => measure);
  if (uses.length === 0) return null;
  const rows = page.variants.map((one, variant) => ({ ...one, variant })).filter(({ variant }) => uses.some(({ measure }) => measure.rows[variant].mean !== null));
  return table({
    caption: "Mean \u00b1 95 % CI half-width over the seeds; divergences and information in nats.", label: "Use of the code", rows,
    columns: [
      variantColumn(page.variants),
      { title: "Code dimensions", count: true, value: (row) => row.code ?? null },
      ...uses.map(({ title, measure }) => ({ title: withArrow(title, measure), number: true, hint: `${measure.definition}; ${directionText(measure)}`,
        value: (row) => measure.rows[row.variant].mean, text: (row) => meanText(page, measure.rows[row.variant]) })),
    ],
  });
}

/** The divergences of each variant's dimensions in descending order. */
function sortedDivergencesFigure(page) {
  const series = page.variants.flatMap(({ name, latent }, place) => {
    const mean = (latent?.divergences ?? []).filter((value) => value !== null).sort((a, b) => b - a);
    return mean.length > 0 ? [{ place, name, mean, x: mean.map((_, rank) => rank + 1) }] : [];
  });
  if (series.length === 0) return null;
  const hidden = new Set();
  let isLog = false;
  const drawing = chart("KL divergence of each code dimension in descending order", () => curveConfig({ series, hidden, title: "KL divergence, nats", xTitle: "dimension, by its KL divergence", isLog }));
  const first = page.variants[series[0].place];
  return figure({
    controls: checkbox("Logarithmic", isLog, (checked) => { isLog = checked; drawing.draw(); }),
    left: [legend(series.map(({ place, name }) => [place, name]), (place, visible) => {
      visible ? hidden.delete(place) : hidden.add(place);
      drawing.draw();
    }, true), drawing.node],
    caption: `KL divergence of each code dimension from the prior in nats, mean over ${plural(first.latent.rows, "sample")}, the largest first (seed ${first.shown_seed}). Dimensions near 0 are not used.`,
  });
}
