// How a run's codes are used: the KL divergence of each dimension over the epochs, the use of a codebook.

/** data.heat: {largest}: each point of the first dataset, {x, y, value, left, right}, as a cell of one row. */
Chart.register({
  id: "heat",
  beforeDatasetsDraw(chart) {
    if (!chart.data.heat) return;
    const { ctx, scales } = chart, ink = themed("heat");
    ctx.save();
    for (const { left, right, y, value } of chart.data.datasets[0].data) {
      if (value === null) continue;
      const [from, to] = [left, right].map((end) => Math.round(scales.x.getPixelForValue(end)));
      const [top, bottom] = [y - .5, y + .5].map((end) => scales.y.getPixelForValue(end));
      ctx.fillStyle = `rgba(${ink}, ${heatShare(value, chart.data.heat.largest).toFixed(3)})`;
      ctx.fillRect(from, top, to - from, bottom - top - .5);
    }
    ctx.restore();
  },
});

/** The opacity of a value; that of 0 can still be seen. */
const heatShare = (value, largest) => .05 + .95 * Math.min(1, Math.max(0, value) / (largest || 1));

/** From 0 to the largest value. */
const heatScale = (largest, unit) =>
  h("div", { class: "scale" }, h("span", null, "0"), h("i", { "aria-hidden": "true" }), h("span", null, `${shown(largest)} ${unit}`));

/** An epoch's cell reaches half way to its neighbors. */
const cellEnds = (epochs) => epochs.map((epoch, place) => ({
  left: place > 0 ? (epochs[place - 1] + epoch) / 2 : epoch - .5, right: place + 1 < epochs.length ? (epoch + epochs[place + 1]) / 2 : epoch + .5,
}));

function divergencesConfig({ epochs, phases, divergences }, largest) {
  const ends = cellEnds(epochs), rows = divergences.length;
  const data = divergences.flatMap(({ dimension, values }, row) => values.map((value, place) => ({ x: epochs[place], y: row + 1, value, dimension, ...ends[place] })));
  return {
    type: "scatter",
    data: { datasets: [{ label: "KL divergence", data, ...UNSEEN, pointRadius: 0 }], heat: { largest } },
    options: {
      interaction: { mode: "nearest", axis: "xy", intersect: false },
      scales: {
        x: { ...countAxis("epoch", ends[0].left, ends.at(-1).right), grid: { display: false, borderColor: themed("line") } },
        y: axis("code dimension", {
          min: phases.length > 1 ? .5 - Math.max(1, .06 * rows) : .5, max: rows + .5, reverse: true, grid: { display: false, borderColor: themed("line") },
          afterBuildTicks(scale) {
            const every = Math.max(1, Math.ceil(13 * rows / Math.max(scale.height, 1)));
            scale.ticks = divergences.map((_, row) => ({ value: row + 1 })).filter((_, row) => row % every === 0);
          },
          ticks: { autoSkip: false, callback: (value) => counted(divergences[value - 1]?.dimension ?? null) },
        }),
      },
      plugins: {
        phases: { marks: phases.slice(1).map(({ name, epoch }) => ({ at: epoch + .5, name, color: themed("soft") })) },
        tooltip: { callbacks: {
          title: ([item]) => (item ? `epoch ${counted(item.raw.x)}` : ""),
          label: ({ raw }) => ` dimension ${counted(raw.dimension)}: ${shown(raw.value)} nats`,
        } },
      },
    },
  };
}

/** The first and the last epoch and some between. */
const someOf = (count, most = 6) =>
  [...new Set([...Array(Math.min(most, count)).keys()].map((step) => Math.round(step * (count - 1) / Math.max(1, Math.min(most, count) - 1))))];

/** The KL divergence of each dimension, a row each, over the epochs. */
function divergencesFigure(use) {
  if (!use || use.divergences.length === 0) return null;
  const largest = Math.max(0, ...use.divergences.flatMap(({ values }) => values).filter((value) => value !== null));
  const drawing = chart("KL divergence from the prior of each code dimension, by epoch", () => divergencesConfig(use, largest));
  drawing.node.style.height = `${Math.min(34, Math.max(12, 5 + 1.1 * use.divergences.length))}rem`;
  const epochs = someOf(use.epochs.length), some = use.dimensions > use.divergences.length;
  return figure({
    left: [heatScale(largest, "nats"), drawing.node, later("KL divergence by epoch as a table", () => table({
      label: "KL divergence by epoch, in nats", rows: use.divergences,
      columns: [
        { title: "Dimension", head: true, count: true, value: (row) => row.dimension },
        ...epochs.map((place) => ({ title: `Epoch ${counted(use.epochs[place])}`, number: true, value: (row) => row.values[place] })),
      ],
    }))],
    caption: `KL divergence of each code dimension from the prior in nats, mean over the validation split, by epoch; the dimension with the largest last value first${some ? `, ${counted(use.divergences.length)} of ${counted(use.dimensions)}` : ""}. Dimensions near 0 are not used. ${THINNED}`,
  });
}

function codebookCurves({ epochs, phases, perplexity, used }) {
  const tiles = [["perplexity", perplexity], ["share of vectors in use", used]].filter(([, values]) => values.length > 0).map(([name, values]) => h("div", null, h("h3", null, name),
    chart(`${name} of the codebook by epoch`, () => curveConfig({
      series: [{ place: 0, name, x: epochs, mean: values }], title: null, xTitle: "epoch", isLog: false,
      marks: phases.slice(1).map((phase) => ({ at: phase.epoch, name: phase.name, color: themed("soft") })),
    }), "low").node));
  return tiles.length > 0 && figure({
    left: h("div", { class: "tiles" }, tiles),
    caption: `Use of the codebook over the validation split by epoch. Perplexity is the exponential of the entropy of the vectors' frequencies: the number of vectors where all are chosen equally often. ${THINNED}`,
  });
}

function choicesConfig({ size, counts }, total) {
  const even = 100 / size;
  return {
    type: "bar",
    data: { datasets: [
      { type: "line", label: "all equally often", data: [{ x: .5, y: even }, { x: size + .5, y: even }], borderColor: themed("soft"), borderWidth: 1.25, borderDash: [4, 4], pointRadius: 0, pointHitRadius: 0 },
      { label: "share of the choices", data: counts.map((count, place) => ({ x: place + 1, y: 100 * count / total })), backgroundColor: color(0), barPercentage: 1, categoryPercentage: counts.length > 100 ? 1 : .85 },
    ] },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: { ...countAxis("vector of the codebook, by its frequency", .5, size + .5), offset: false, grid: { display: false, borderColor: themed("line") } }, y: numberAxis("% of the choices", false, { beginAtZero: true }) },
      plugins: { tooltip: { filter: ({ dataset }) => dataset.type !== "line", callbacks: {
        title: ([item]) => (item ? `rank ${counted(item.parsed.x)}` : ""),
        label: ({ dataIndex }) => ` ${plural(counts[dataIndex], "choice")}, ${shown(100 * counts[dataIndex] / total)} %`,
      } } },
    },
  };
}

/** How often each vector is chosen at the end. */
function choicesFigure({ codebook, shown_part: part }) {
  if (!codebook || !codebook.size || codebook.counts.length === 0 || codebook.counts.some((count) => count === null)) return null;
  const total = codebook.counts.reduce((sum, count) => sum + count, 0);
  return figure({
    left: [chart("Share of the choices of each vector of the codebook, in descending order", () => choicesConfig(codebook, total), "low").node],
    caption: `How often each of the ${counted(codebook.size)} vectors is chosen for ${plural(codebook.rows, "sample")} of the ${part} split (${counted(total)} choices), in descending order: ${counted(codebook.counts.length)} are in use, perplexity ${shown(codebook.perplexity)}. Dashed: all equally often.`,
  });
}

/** Nothing where codes are neither random nor from a codebook. */
const runCodeUse = (page) => [
  divergencesFigure(page.code_use), latentTable(page.latent),
  page.code_use && codebookCurves(page.code_use), choicesFigure(page),
].filter(Boolean);
