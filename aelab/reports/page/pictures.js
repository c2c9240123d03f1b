// What models make of samples, their filters and their codes.

/** Pixels shown `scale` times as large, as far as there is room. */
const picture = (image, words, scale) => h("img", {
  src: `data:image/png;base64,${image.png}`, width: image.width * scale, height: image.height * scale, alt: words,
});

/** A name beside a row of pictures, which are shown at one height whatever they have. */
const strip = (name, image, words) =>
  [h("div", { class: "name" }, name), h("div", null, picture(image, words, Math.max(1, Math.round(56 / image.height))))];

/** The same inputs, and what every variant makes of them. A variant with inputs of its own has these above. */
function reconstructionsFigure(page) {
  const first = page.variants.find((variant) => variant.pictures.inputs);
  if (!first) return null;
  const rows = [strip(h("em", null, "samples"), first.pictures.inputs, first.pictures.inputs.what)];
  page.variants.forEach((variant, place) => {
    const { inputs, reconstructions } = variant.pictures;
    if (!reconstructions) return;
    if (inputs && inputs.png !== first.pictures.inputs.png) rows.push(strip(h("em", null, `samples of ${variant.name}`), inputs, inputs.what));
    rows.push(strip(named(place, variant.name), reconstructions, `${variant.name}: ${reconstructions.what}`));
  });
  return figure({
    left: h("div", { class: "strips" }, rows),
    caption: `Samples that no training saw, and what every variant makes of them (seed ${first.shown_seed}).`,
  });
}

function denoisingFigure(page) {
  const rows = page.variants.flatMap((variant, place) => (variant.pictures.corrupted && variant.pictures.denoised ? [
    strip(named(place, `${variant.name}, disturbed`), variant.pictures.corrupted, variant.pictures.corrupted.what),
    strip(named(place, `${variant.name}, denoised`), variant.pictures.denoised, variant.pictures.denoised.what),
  ] : []));
  return rows.length === 0 ? null : figure({
    left: h("div", { class: "strips" }, rows),
    caption: "The samples disturbed as these variants were trained with, and what they make of them.",
  });
}

function interpolationsFigure(page) {
  const rows = page.variants.flatMap((variant, place) => (variant.pictures.interpolation ?
    [strip(named(place, variant.name), variant.pictures.interpolation, `${variant.name}: ${variant.pictures.interpolation.what}`)] : []));
  return rows.length === 0 ? null : figure({
    left: h("div", { class: "strips" }, rows),
    caption: "The straight way between the codes of two samples, decoded.",
  });
}

function filtersFigure(page) {
  const shelves = page.variants.flatMap((variant, place) => (variant.pictures.filters ?
    [h("div", null, h("p", null, named(place, variant.name)), filtersPicture(variant.pictures.filters, `${variant.name}: ${variant.pictures.filters.what}`))] : []));
  return shelves.length === 0 ? null : figure({
    left: h("div", { class: "shelf" }, shelves),
    caption: "Weights of the encoder's first layer, one picture a unit, at most 64. Grey is zero; each is scaled by its own largest weight.",
  });
}

/** Small ones enlarged to a common size. */
const filtersPicture = (image, words) => picture(image, words, Math.max(1, Math.min(8, Math.round(230 / image.width))));

// --- Codes ---

const classCalled = (codes, label) => codes.classes[label] ?? `class ${label}`;
const labelsOf = (codes) => [...new Set(codes.labels)].filter((label) => label !== null).sort((a, b) => a - b);

function codesConfig(codes, hidden) {
  const labels = codes.labels.length ? labelsOf(codes) : [null];
  const datasets = labels.filter((label) => !hidden.has(label)).map((label) => ({
    label: label === null ? "sample" : classCalled(codes, label),
    data: codes.x.map((x, place) => ({ x, y: codes.y[place], label: codes.labels[place] ?? null })).filter((point) => point.label === label),
    backgroundColor: faded(colour(label ?? 0), .65), borderWidth: 0, pointRadius: 2.2, pointStyle: label >= 10 ? mark(Math.floor(label / 10)) : "circle",
  }));
  return {
    type: "scatter", data: { datasets },
    options: { scales: { x: numberAxis(null, false), y: numberAxis(null, false) },
      plugins: { tooltip: { callbacks: { label: ({ dataset, parsed }) => ` ${dataset.label}: ${shown(parsed.x)}, ${shown(parsed.y)}` } } } },
  };
}

/** Where each class's codes lie: the chart's numbers. */
function codesTable(entries) {
  const rows = entries.flatMap(({ name, codes }) => (codes.labels.length ? labelsOf(codes) : [null]).map((label) => {
    const places = codes.x.map((_, place) => place).filter((place) => label === null || codes.labels[place] === label);
    const mean = (list) => places.reduce((sum, place) => sum + list[place], 0) / places.length;
    return { name, label: label === null ? "" : classCalled(codes, label), count: places.length, x: mean(codes.x), y: mean(codes.y) };
  }));
  return table({
    caption: "Middle of each class's codes", rows,
    columns: [
      { title: "Variant", head: true, value: (row) => row.name },
      { title: "Class", value: (row) => row.label },
      { title: "Samples", number: true, value: (row) => row.count },
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
  const drawings = plotted.map(({ name, codes }) => chart(`Codes of ${name}, a dot a sample: ${codes.axes}`, () => codesConfig(codes, hidden), "square"));
  const labels = [...new Set(plotted.flatMap(({ codes }) => labelsOf(codes)))].sort((a, b) => a - b);
  const toggle = (label, visible) => {
    visible ? hidden.delete(label) : hidden.add(label);
    drawings.forEach((drawing) => drawing.draw());
  };
  return figure({
    controls: labels.length > 0 && labels.length <= 30 ? legend(labels.map((label) => [label, classCalled(plotted[0].codes, label)]), toggle) : null,
    left: [
      h("div", { class: "tiles" }, plotted.map(({ name, codes }, place) => h("div", null, h("h3", null, name), drawings[place].node,
        h("div", { class: "soft" }, h("small", null, `${codes.axes}, ${shown(codes.rows)} samples`))))),
      later("The same as a table", () => codesTable(plotted)),
    ],
    caption: "Codes of samples that no training saw, a dot a sample, coloured by its label. The axes are each variant's own.",
  });
}

// --- Singular values ---

/** entries: [{place, name, codes, jacobian}] */
function spectraFigure(entries) {
  const kinds = [
    ["jacobian", "of the encoder's Jacobian, averaged over samples"],
    ["codes", "of the centred codes: the square roots of their variances along the principal components"],
  ].filter(([kind]) => entries.some((entry) => entry[kind]?.singular_values.length > 0));
  if (kinds.length === 0) return null;
  let kind = kinds[0][0];
  let isLog = true;
  const hidden = new Set();
  const series = () => entries.filter((entry) => entry[kind]?.singular_values.length > 0).map(({ place, name, ...entry }) => ({
    place, name, mean: entry[kind].singular_values, x: entry[kind].singular_values.map((_, index) => index + 1),
  }));
  const drawing = chart("Singular values, largest first", () =>
    curveConfig({ series: series(), hidden, title: "singular value", xTitle: "number", isLog }));
  const right = redrawn(() => {
    const most = Math.max(...series().map((one) => one.mean.length));
    return table({
      caption: "Singular values, the 1st the largest", rows: series(),
      columns: [
        { title: "Variant", head: true, value: (row) => row.name, cell: (row) => named(row.place, row.name) },
        ...[1, 2, 4, 8, 16, 32].filter((number) => number <= most).map((number) => ({
          title: String(number), number: true, value: (row) => row.mean[number - 1] ?? null, text: (row) => shown(row.mean[number - 1], 3),
        })),
      ],
    });
  });
  const redraw = () => { drawing.draw(); right.redraw(); };
  return figure({
    controls: [
      select("Singular values", kinds, kind, (chosen) => { kind = chosen; redraw(); }),
      checkbox("logarithmic", isLog, (checked) => { isLog = checked; redraw(); }),
    ],
    left: [legend(entries.map(({ place, name }) => [place, name]), (place, visible) => {
      visible ? hidden.delete(place) : hidden.add(place);
      drawing.draw();
    }), drawing.node],
    right: right.node,
    caption: "A spectrum that falls early says that the code follows few directions of the input (Jacobian), or that its samples fill few of its dimensions (codes).",
  });
}
