// The page of a run.

function runPage(page) {
  const { status, model, pictures } = page;
  const sections = [
    section("measures", "Measures", runMeasures(page)),
    section("curves", "Learning curves", runCurves(page) ?? gap("The run wrote no learning curves.")),
    section("pictures", "Pictures", runPictures(page)),
    section("codes", "Codes", runCodes(page)),
    section("model", "What it is", runModel(page)),
    section("config", "Config", page.config ? h("pre", null, page.config) : gap("The config was not recorded.")),
    section("again", "Environment, and how to repeat it",
      h("p", null, "In the folder where it was begun (the environment below names it), from which files of data are looked for; PAGE stands for the folder that holds this page:"),
      page.commands.map(({ what, command }) => [h("p", { class: "soft" }, what), h("pre", null, command)]),
      page.environment.length > 0 ? settingsTable(page.environment, "Environment") : gap("The environment was not recorded."),
      page.log && later("Log", () => h("pre", null, page.log))),
  ];
  return [
    h("header", null, h("p", { class: "kicker" }, "aelab run"), h("h1", null, page.title),
      model.variant && h("p", null, h("strong", null, model.variant), model.summary && `: ${model.summary}`),
      facts([
        ["state", h("span", { class: status.state === "completed" ? "good" : "bad" }, status.state)],
        ["data", page.data.source],
        ["seed", page.seed],
        ["code", model.code],
        ["parameters", shown(status.parameters)],
        ["epochs", status.closed_form ? "closed form" : shown(status.epochs)],
        ["training took", duration(status.seconds)],
      ]),
      status.message && h("p", { class: "bad" }, status.message)),
    contents(sections), sections,
  ];
}

function runMeasures(page) {
  const { measures, part, checkpoint } = page.measured;
  if (measures.length === 0) return gap("Nothing was measured.");
  return table({
    caption: `Measured on the ${part} part with the ${checkpoint} checkpoint.`, rows: measures,
    columns: [
      { title: "Measure", head: true, value: (row) => row.name },
      { title: "Value", number: true, value: (row) => row.value, text: (row) => (row.value === null ? "not applicable" : shown(row.value, 5)) },
      { title: "Better", value: (row) => (hasDirection(row) ? row.better : null) },
      { title: "Definition", long: true, value: (row) => row.definition },
    ],
  });
}

// --- Learning curves: one chart a term, training and validation together ---

const termOf = (name) => name.slice(name.indexOf("/") + 1);

function runCurves(page) {
  const { metrics, phases } = page.curves;
  if (metrics.length === 0) return null;
  const terms = new Map();
  for (const metric of metrics) terms.set(termOf(metric.name), [...(terms.get(termOf(metric.name)) ?? []), metric]);
  let along = "epochs";
  let isLog = false;
  const drawings = [...terms].map(([term, lines]) => chart(`${term} by epoch`, () => curveConfig({
    series: lines.map((line, place) => ({ place, name: line.name, x: page.curves[along], mean: line.values, dash: DASHES[place % DASHES.length] })),
    title: null, xTitle: along === "epochs" ? "epoch" : "step", isLog,
    marks: along === "epochs" ? phases.slice(1).map((phase) => ({ at: phase.epoch, name: phase.name, colour: themed("soft") })) : [],
  }), "low"));
  const redraw = () => drawings.forEach((drawing) => drawing.draw());
  const tiles = [...terms].map(([term, lines], place) => h("div", null,
    h("h3", null, term), h("div", { class: "legend" }, lines.map((line, index) => h("span", { class: "item" }, named(index, line.name)))),
    drawings[place].node));
  return figure({
    controls: [
      select("Against", [["epochs", "epochs"], ["steps", "steps"]], along, (chosen) => { along = chosen; redraw(); }),
      checkbox("logarithmic", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: [h("div", { class: "tiles" }, tiles), later("The same as a table", () => curvesTable(page))],
    caption: `Terms of the objective, unweighted, and what else was recorded, by epoch.${phases.length > 1 ? ` Phases: ${phases.map((phase) => phase.name).join(", ")}; broken lines show where one begins.` : ""}`,
  });
}

function curvesTable(page) {
  const rows = page.curves.epochs.map((epoch, place) => ({ epoch, place }));
  return table({
    label: "Learning curves", rows,
    columns: [
      { title: "Epoch", head: true, number: true, value: (row) => row.epoch },
      { title: "Step", number: true, value: (row) => page.curves.steps[row.place] },
      ...page.curves.metrics.map((metric) => ({ title: metric.name, number: true, value: (row) => metric.values[row.place] })),
    ],
  });
}

// --- Pictures and codes ---

function runPictures({ pictures, training_pictures: drawn, shown_part: part }) {
  const rows = [["inputs", "samples"], ["reconstructions", "reconstructions"], ["corrupted", "disturbed"], ["denoised", "denoised"],
    ["interpolation", "interpolation"]].filter(([name]) => pictures[name]).map(([name, words]) => strip(words, pictures[name], pictures[name].what));
  const figures = [
    rows.length > 0 && figure({
      left: h("div", { class: "strips" }, rows),
      caption: `Samples of the ${part} part and what the model makes of them${pictures.corrupted ? "; disturbed as in training, and denoised" : ""}${pictures.interpolation ? "; decoded codes on the straight way between the codes of two samples" : ""}.`,
    }),
    pictures.filters && figure({
      left: filtersPicture(pictures.filters, pictures.filters.what),
      caption: "Weights of the encoder's first layer, one picture a unit, at most 64. Grey is zero; each is scaled by its own largest weight.",
    }),
    drawn.length > 0 && figure({
      left: h("div", { class: "shelf" }, drawn.map((image) => h("div", null, h("p", { class: "soft" }, image.name), picture(image, `${image.name}, drawn in training`, .5)))),
      caption: "Pictures that the run drew on its way: of each kind the first, one of the middle and the last.",
    }),
  ].filter(Boolean);
  return figures.length > 0 ? figures : gap("The run left no pictures: its data are no images, or it did not finish.");
}

function runCodes(page) {
  const entry = { place: 0, name: page.model.variant || "the model", codes: page.codes, jacobian: page.jacobian };
  const figures = [codesFigure([entry]), spectraFigure([entry])].filter(Boolean);
  return figures.length > 0 ? figures : gap("The run left no codes: it did not finish, or they are not finite.");
}

// --- What it is ---

function runModel(page) {
  const { model, layers, parameters, data } = page;
  if (model.parts.length === 0 && layers.length === 0) return gap("The run left no description of its model.");
  return [
    h("p", null, `${model.input || "?"} in, a code of ${model.code || "?"}, and back. `,
      data.source && `Data: ${data.source}, ${shown(data.train)} samples for training, ${shown(data.validation)} for validation, ${shown(data.test)} for tests.`),
    modelParts(model),
    model.methods.length > 0 && h("ul", null, model.methods.map((method) => h("li", null, method))),
    layers.length > 0 && table({
      caption: "Layers, from the input to the code and back", rows: layers,
      columns: [
        { title: "Network", value: (row) => row.network },
        { title: "Layer", head: true, value: (row) => row.what },
        { title: "Output", number: true, value: (row) => row.output },
        { title: "Parameters", number: true, value: (row) => row.parameters },
      ],
    }),
    parameters.length > 0 && later(`Parameters: ${shown(parameters.length)} tensors`, () => table({
      label: "Parameters", rows: parameters,
      columns: [
        { title: "Name", head: true, value: (row) => row.name },
        { title: "Shape", number: true, value: (row) => row.shape },
        { title: "Numbers", number: true, value: (row) => row.count },
      ],
    })),
  ];
}

function modelParts(model) {
  return [
    table({
      caption: `The parts of ${model.variant}`, rows: model.parts,
      columns: [
        { title: "Part", value: (row) => row.part },
        { title: "Kind", head: true, value: (row) => row.kind },
        { title: "What it does", value: (row) => row.summary },
        { title: "Settings", long: true, value: (row) => row.settings.map(({ key, value }) => `${key} ${value}`).join(", ") },
      ],
    }),
    model.stack.map((layer, place) => [h("h3", null, `Layer ${place + 1} of the stack: ${layer.variant}, ${layer.input} to ${layer.code}`), modelParts(layer)]),
  ];
}
