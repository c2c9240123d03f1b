// The page of a run.

function runPage(page) {
  const completed = page.status.state === "completed";
  const use = runCodeUse(page), dictionary = runDictionary(page), anomalies = runAnomalies(page);
  const shownIf = (id, title, content, reason) => sectionOf(page, id, title, content, completed ? reason : "the run did not complete.");
  const sections = [
    shownIf("measures", "Metrics", runMeasures(page), "the run was not evaluated."),
    anomalies.length > 0 && section("anomalies", "Anomalies", anomalies),
    shownIf("curves", "Learning curves", runCurves(page), page.status.closed_form ? CLOSED_FORM : "the run recorded none."),
    shownIf("pictures", "Images", runPictures(page), "the data are not images."),
    shownIf("codes", "Latent codes", runCodes(page), "they contain NaN or infinite values, or there are no samples."),
    use.length > 0 && section("use", "Use of the code", use),
    dictionary.length > 0 && section("dictionary", "Dictionary", dictionary),
    shownIf("model", "Architecture", runModel(page), "not recorded."),
    shownIf("config", "Configuration", page.config && h("pre", null, page.config), "not recorded."),
    section("again", "Reproducibility", commandList(page.commands, "run"),
      page.environment.length > 0 && settingsTable(page.environment, "Environment"),
      page.log && later("Log", () => h("pre", null, page.log))),
  ];
  return { header: runHeader(page), sections };
}

function runHeader(page) {
  const { status, model } = page;
  return h("header", null,
    h("p", { class: "kicker" }, "aelab run", page.comparison && [" of ", h("a", { href: linkTo(page.comparison.path) }, page.comparison.name)]),
    h("h1", null, page.title),
    model.variant && h("p", null, h("strong", null, model.variant), model.summary && `: ${model.summary}`),
    facts([
      ["state", stateCell(status)],
      ["data", page.data.source],
      ["seed", page.seed],
      ["latent code", model.code],
      ["parameters", counted(status.parameters)],
      ["epochs", status.closed_form ? "closed form" : counted(status.epochs)],
      ["training time", duration(status.seconds)],
    ]),
    status.message && h("p", { class: "bad" }, status.message));
}

function runMeasures(page) {
  const { measures, part, checkpoint, cautions } = page.measured;
  if (measures.length === 0) return null;
  return [cautions.length > 0 && h("ul", null, cautions.map((caution) => h("li", null, caution))), table({
    caption: `Evaluated on the ${part} split with the ${checkpoint} checkpoint.`, label: "Metrics", rows: measures,
    terms: measures.map((measure) => [measure.name, measure.definition]),
    columns: [
      { title: "Metric", head: true, value: (row) => row.name },
      { title: "Value", number: true, value: (row) => row.value, text: (row) => (row.value === null ? "not applicable" : shown(row.value)) },
      { title: "Better", value: (row) => (hasDirection(row) ? row.better : null) },
    ],
  })];
}

// --- Learning curves: one chart per term, training and validation together ---

/** "train" and "loss" of "train/loss". */
function splitAndTerm(name) {
  const slash = name.indexOf("/");
  return slash < 0 ? [name, name] : [name.slice(0, slash), name.slice(slash + 1)];
}

/** [{terms: [names], lines: [{name, values}]}]: terms whose curves are all the same share a chart. */
function curvesByTerm(metrics) {
  const terms = new Map();
  for (const { name, values } of metrics) {
    const [split, term] = splitAndTerm(name);
    terms.set(term, [...(terms.get(term) ?? []), { name: split, values }]);
  }
  const charts = new Map();
  for (const [term, lines] of terms) {
    const key = JSON.stringify(lines);
    if (charts.has(key)) charts.get(key).terms.push(term);
    else charts.set(key, { terms: [term], lines });
  }
  return [...charts.values()];
}

function runCurves(page) {
  const { metrics, phases } = page.curves;
  if (metrics.length === 0 || page.status.closed_form) return null;
  const shownCurves = curvesByTerm(metrics);
  let along = "epochs";
  let isLog = false;
  const drawings = shownCurves.map(({ terms, lines }) => chart(`${terms.join(" and ")} by epoch`, () => curveConfig({
    series: lines.map((line, place) => ({ place, name: line.name, x: page.curves[along], mean: line.values })),
    title: null, xTitle: along === "epochs" ? "epoch" : "step", isLog,
    marks: along === "epochs" ? phases.slice(1).map((phase) => ({ at: phase.epoch, name: phase.name, color: themed("soft") })) : [],
  }), "low"));
  const redraw = () => drawings.forEach((drawing) => drawing.draw());
  const tiles = shownCurves.map(({ terms, lines }, place) => h("div", null,
    h("h3", null, terms.join(" = ")), h("div", { class: "legend" }, lines.map((line, index) => h("span", null, named(index, line.name, true)))),
    drawings[place].node));
  return figure({
    controls: [
      select("Against", [["epochs", "epochs"], ["steps", "steps"]], along, (chosen) => { along = chosen; redraw(); }),
      checkbox("Logarithmic", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: [h("div", { class: "tiles" }, tiles), later("Learning curves as a table", () => curvesTable(page))],
    caption: `The loss, its unweighted terms and other recorded values, by epoch.${shownCurves.some(({ terms }) => terms.length > 1) ? " An equals sign joins names whose curves are identical." : ""} ${THINNED}${phases.length > 1 ? ` Dashed vertical lines: a training phase begins (${phases.map((phase) => phase.name).join(", ")}).` : ""}`,
  });
}

function curvesTable(page) {
  const rows = page.curves.epochs.map((epoch, place) => ({ epoch, place }));
  return table({
    label: "Learning curves", rows,
    columns: [
      { title: "Epoch", head: true, count: true, value: (row) => row.epoch },
      { title: "Step", count: true, value: (row) => page.curves.steps[row.place] },
      ...page.curves.metrics.map((metric) => ({ title: metric.name, number: true, value: (row) => metric.values[row.place] })),
    ],
  });
}

// --- Images and codes ---

function runPictures({ pictures, training_pictures: drawn, shown_part: part }) {
  const rows = [["inputs", "inputs"], ["reconstructions", "reconstructions"], ["corrupted", "corrupted"], ["denoised", "denoised"],
    ["interpolation", "latent interpolation"]].filter(([name]) => pictures[name]).map(([name, words]) => strip(words, pictures[name], pictures[name].what));
  return [
    rows.length > 0 && figure({
      left: h("div", { class: "strips" }, rows),
      caption: `Samples of the ${part} split and their reconstructions${pictures.corrupted ? "; the same samples, corrupted as in training, and denoised" : ""}${pictures.interpolation ? "; linear interpolation in latent space between two samples, decoded" : ""}.`,
    }),
    pictures.samples && figure({
      left: h("div", { class: "strips" }, [strip("drawn from the prior", pictures.samples, pictures.samples.what, pictures.inputs),
        pictures.traversals && strip("one dimension a row", pictures.traversals, pictures.traversals.what, pictures.inputs)]),
      caption: `New samples: codes drawn from the prior, decoded${pictures.traversals ? "; and a sample's code with one dimension changed in each row, from two deviations below its mean to two above, of the dimensions that vary most" : ""}.`,
    }),
    pictures.filters && figure({
      left: filtersPicture(pictures.filters, pictures.filters.what),
      caption: "Weights of the encoder's first layer, one image per unit, at most 64 units. Gray is zero; each image is scaled by its largest weight.",
    }),
    drawn.length > 0 && figure({
      left: h("div", { class: "shelf" }, drawn.map((image) => h("div", null, h("p", { class: "soft" }, image.name), picture(image, `${image.name}, drawn during training`, .5)))),
      caption: "Images drawn during training: the first, the middle and the last of each kind.",
    }),
  ];
}

function runCodes(page) {
  const entry = { place: 0, name: page.model.variant || "the model", codes: page.codes, jacobian: page.jacobian };
  return [codesFigure([entry]), spectraFigure([entry])];
}

/** How the dimensions of a random code are used, the largest KL divergence first. */
function latentTable(latent) {
  if (!latent || latent.variances_of_means.length === 0) return null;
  const rows = latent.variances_of_means.map((variance, dimension) => ({ dimension, variance, divergence: latent.divergences[dimension] ?? null }));
  return later(`KL divergence: ${plural(rows.length, "dimension")}`, () => table({
    caption: `Code dimensions: KL divergence from the prior in nats, mean over ${plural(latent.rows, "sample")}, and the variance of the mean.`,
    label: "Code dimensions", rows, sort: { column: 1, ascending: false },
    columns: [
      { title: "Dimension", head: true, count: true, value: (row) => row.dimension },
      { title: "KL divergence", number: true, value: (row) => row.divergence },
      { title: "Variance of the mean", number: true, value: (row) => row.variance },
    ],
  }));
}

// --- Architecture ---

function runModel(page) {
  const { model, layers, parameters, data } = page;
  if (model.parts.length === 0 && layers.length === 0) return null;
  return [
    h("p", null, `Input ${model.input || "?"}, latent code ${model.code || "?"}. `,
      data.source && `Data: ${data.source}; ${counted(data.train)} training, ${counted(data.validation)} validation and ${counted(data.test)} test samples.`),
    modelParts(model),
    model.methods.length > 0 && h("ul", null, model.methods.map((method) => h("li", null, method))),
    layers.length > 0 && table({
      caption: "Layers of encoder and decoder", rows: layers,
      columns: [
        { title: "Layer", head: true, value: (row) => row.what },
        { title: "Network", value: (row) => row.network },
        { title: "Output", number: true, value: (row) => row.output },
        { title: "Parameters", count: true, value: (row) => row.parameters },
      ],
    }),
    parameters.length > 0 && later(`Parameters: ${plural(parameters.length, "tensor")}`, () => table({
      label: "Parameters", rows: parameters,
      columns: [
        { title: "Name", head: true, value: (row) => row.name },
        { title: "Shape", number: true, value: (row) => row.shape },
        { title: "Elements", count: true, value: (row) => row.count },
      ],
    })),
  ];
}

function modelParts(model) {
  return [
    model.parts.length > 0 && table({
      caption: `Parts of ${model.variant}`, rows: model.parts,
      columns: [
        { title: "Type", head: true, value: (row) => row.kind },
        { title: "Part", value: (row) => row.part },
        { title: "Description", long: true, value: (row) => row.summary },
        { title: "Settings", long: true, value: (row) => row.settings.map(({ key, value }) => `${key} ${value}`).join(", ") },
      ],
    }),
    model.stack.map((layer, place) => [h("h3", null, `Layer ${place + 1} of the stack: ${layer.variant}, ${layer.input} to ${layer.code}`), modelParts(layer)]),
  ];
}
