// Reconstructions, interpolations, filters and latent codes.

/** Pixels drawn `scale` times as large where there is room. */
const picture = (image, words, scale) => h("img", {
  src: `data:image/png;base64,${image.png}`, width: image.width * scale, height: image.height * scale, alt: words,
});

/** A name beside a row of pictures; all rows have the same height. Several rows are drawn to the scale of `one`. */
const strip = (name, image, words, one = image) =>
  [h("div", { class: "name" }, name), h("div", null, picture(image, words, Math.max(1, Math.round(56 / one.height))))];

/** The same inputs and every variant's reconstructions. A variant with other inputs has these above its row. */
function reconstructionsFigure(page) {
  const first = page.variants.find((variant) => variant.pictures.inputs);
  if (!first) return null;
  const rows = [strip(h("em", null, "inputs"), first.pictures.inputs, first.pictures.inputs.what)];
  page.variants.forEach((variant, place) => {
    const { inputs, reconstructions } = variant.pictures;
    if (!reconstructions) return;
    if (inputs && inputs.png !== first.pictures.inputs.png) rows.push(strip(h("em", null, `inputs of ${variant.name}`), inputs, inputs.what));
    rows.push(strip(named(place, variant.name), reconstructions, `${variant.name}: ${reconstructions.what}`));
  });
  return figure({
    left: h("div", { class: "strips" }, rows),
    caption: `Test samples and their reconstructions (seed ${first.shown_seed}).`,
  });
}

function denoisingFigure(page) {
  const rows = page.variants.flatMap((variant, place) => (variant.pictures.corrupted && variant.pictures.denoised ? [
    strip(named(place, `${variant.name}: corrupted`), variant.pictures.corrupted, variant.pictures.corrupted.what),
    strip(named(place, `${variant.name}: denoised`), variant.pictures.denoised, variant.pictures.denoised.what),
  ] : []));
  return rows.length === 0 ? null : figure({
    left: h("div", { class: "strips" }, rows),
    caption: "Test samples, corrupted as in the training of these variants, and their reconstructions.",
  });
}

function interpolationsFigure(page) {
  const rows = page.variants.flatMap((variant, place) => (variant.pictures.interpolation ?
    [strip(named(place, variant.name), variant.pictures.interpolation, `${variant.name}: ${variant.pictures.interpolation.what}`)] : []));
  return rows.length === 0 ? null : figure({
    left: h("div", { class: "strips" }, rows),
    caption: "Linear interpolation in latent space between two test samples, decoded.",
  });
}

function samplesFigure(page) {
  const rows = page.variants.flatMap((variant, place) => (variant.pictures.samples ?
    [strip(named(place, variant.name), variant.pictures.samples, `${variant.name}: ${variant.pictures.samples.what}`, variant.pictures.inputs)] : []));
  const without = page.variants.filter(({ pictures }) => pictures.inputs && !pictures.samples).map(({ name }) => name);
  return rows.length === 0 ? null : figure({
    left: h("div", { class: "strips" }, rows),
    caption: `New samples: codes drawn from each variant's prior, decoded. Samples of variants with codes of the same shape are made of the same standard normal numbers.${without.length > 0 ? ` Without a prior: ${without.join(", ")}.` : ""}`,
  });
}

function filtersFigure(page) {
  const shelves = page.variants.flatMap((variant, place) => (variant.pictures.filters ?
    [h("div", null, h("p", null, named(place, variant.name)), filtersPicture(variant.pictures.filters, `${variant.name}: ${variant.pictures.filters.what}`))] : []));
  return shelves.length === 0 ? null : figure({
    left: h("div", { class: "shelf" }, shelves),
    caption: "Weights of the encoder's first layer, one image per unit, at most 64 units. Gray is zero; each image is scaled by its largest weight.",
  });
}

/** Small ones enlarged to a common size. */
const filtersPicture = (image, words) => picture(image, words, Math.max(1, Math.min(8, Math.round(230 / image.width))));

// --- Codes ---

const classCalled = (codes, label) => codes.classes[label] ?? `class ${label}`;
const labelsOf = (codes) => [...new Set(codes.labels)].filter((label) => label !== null).sort((a, b) => a - b);

function codesConfig(codes, hidden, contours = []) {
  const labels = codes.labels.length ? labelsOf(codes) : [null];
  const datasets = labels.filter((label) => !hidden.has(label)).map((label) => ({
    label: label === null ? "sample" : classCalled(codes, label),
    data: codes.x.map((x, place) => ({ x, y: codes.y[place], label: codes.labels[place] ?? null })).filter((point) => point.label === label),
    ...UNSEEN, pointRadius: 3.5, marks: { place: label ?? 0, radius: 3.5 },
  }));
  const ends = ([low, high] = []) => ({ suggestedMin: low, suggestedMax: high });
  const prior = isGrid(codes.prior) ? codes.prior : {};
  return {
    type: "scatter", data: { datasets, contours },
    options: { scales: { x: numberAxis(null, false, ends(prior.x)), y: numberAxis(null, false, ends(prior.y)) },
      plugins: { tooltip: { callbacks: { label: ({ dataset, parsed }) => ` ${dataset.label}: ${shown(parsed.x)}, ${shown(parsed.y)}` } } } },
  };
}

/** The mean code of each class. */
function codesTable(entries) {
  const rows = entries.flatMap(({ name, codes }) => labelsOf(codes).map((label) => {
    const places = codes.x.map((_, place) => place).filter((place) => codes.labels[place] === label);
    const mean = (list) => places.reduce((sum, place) => sum + list[place], 0) / places.length;
    return { name, label: classCalled(codes, label), count: places.length, x: mean(codes.x), y: mean(codes.y) };
  }));
  return table({
    caption: "Mean code of each class", rows,
    columns: [
      { title: "Variant", head: true, value: (row) => row.name },
      { title: "Class", value: (row) => row.label },
      { title: "Samples", count: true, value: (row) => row.count },
      { title: "Mean along x", number: true, value: (row) => row.x },
      { title: "Mean along y", number: true, value: (row) => row.y },
    ],
  });
}

/** entries: [{name, codes}] */
function codesFigure(entries) {
  const plotted = entries.filter(({ codes }) => codes?.x.length > 0);
  if (plotted.length === 0) return null;
  const hidden = new Set();
  const contours = plotted.map(({ codes }) => contoursOf(codes.prior));
  const drawings = plotted.map(({ name, codes }, place) =>
    chart(`Latent codes of ${name}, one mark per sample: ${codes.axes}`, () => codesConfig(codes, hidden, contours[place]), contours[place].length > 0 ? "" : "square"));
  const masses = [...new Set(contours.flat().map(({ mass }) => massText(mass)))];
  const labels = [...new Set(plotted.flatMap(({ codes }) => labelsOf(codes)))].sort((a, b) => a - b);
  const toggle = (label, visible) => {
    visible ? hidden.delete(label) : hidden.add(label);
    drawings.forEach((drawing) => drawing.draw());
  };
  return figure({
    left: [
      labels.length > 0 && labels.length <= 30 && legend(labels.map((label) => [label, classCalled(plotted[0].codes, label)]), toggle),
      h("div", { class: "tiles" }, plotted.map(({ name, codes }, place) => h("div", null, h("h3", null, name), drawings[place].node,
        h("div", { class: "soft" }, h("small", null, `${codes.axes}, ${plural(codes.rows, "sample")}`))))),
      labels.length > 0 && later("Class means as a table", () => codesTable(plotted)),
    ],
    caption: `Latent codes of test samples, one mark per sample${labels.length > 0 ? ", colored by class" : ""}.${plotted.length > 1 ? " Every variant has its own axes." : ""}${masses.length > 0 ? ` Lines: contours of the prior's density that enclose ${masses.join(", ")} of its mass.` : ""}`,
  });
}

// --- Singular values ---

/** Indices with a column: all where these are few, else powers of two and the last of every spectrum. */
function spectrumColumns(lengths) {
  const most = Math.max(...lengths);
  const chosen = most <= 8 ? [...Array(most).keys()].map((index) => index + 1) : [1, 2, 4, 8, 16, 32, ...lengths].filter((index) => index <= most);
  return [...new Set(chosen)].sort((a, b) => a - b);
}

/** entries: [{place, name, codes, jacobian}] */
function spectraFigure(entries) {
  const kinds = [
    ["jacobian", "of the encoder's Jacobian, mean over samples"],
    ["codes", "of the centered codes: standard deviations along their principal components"],
  ].filter(([kind]) => entries.some((entry) => entry[kind]?.singular_values.length > 0));
  if (kinds.length === 0) return null;
  let kind = kinds[0][0];
  let isLog = true;
  const hidden = new Set();
  const series = () => entries.filter((entry) => entry[kind]?.singular_values.length > 0).map(({ place, name, ...entry }) => ({
    place, name, mean: entry[kind].singular_values, x: entry[kind].singular_values.map((_, index) => index + 1),
  }));
  const drawing = chart("Singular values in descending order", () =>
    curveConfig({ series: series(), hidden, title: "singular value", xTitle: "index", isLog }));
  const right = redrawn(() => {
    const lengths = series().map((one) => one.mean.length), columns = spectrumColumns(lengths), most = Math.max(...lengths);
    return table({
      caption: `Singular values in descending order${columns.length < most ? `: ${columns.length} of ${most}, the last of each included` : ""}`,
      label: "Singular values", rows: series(),
      columns: [
        { title: "Variant", head: true, value: (row) => row.name, cell: (row) => named(row.place, row.name, true) },
        ...columns.map((index) => ({ title: String(index), number: true, value: (row) => row.mean[index - 1] ?? null })),
      ],
    });
  });
  const redraw = () => { drawing.draw(); right.redraw(); };
  return figure({
    controls: [
      select("Singular values", kinds, kind, (chosen) => { kind = chosen; redraw(); }),
      checkbox("Logarithmic", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: [legend(entries.map(({ place, name }) => [place, name]), (place, visible) => {
      visible ? hidden.delete(place) : hidden.add(place);
      drawing.draw();
    }, true), drawing.node],
    right: right.node,
    caption: "A spectrum that falls early means that the code follows few directions of the input (Jacobian), or that the samples occupy few of its dimensions (codes). A logarithmic axis leaves out values below 1e-9 of the largest.",
  });
}
