// Learning curves of a comparison: means over the seeds of one curve, of the variants that share an objective.

/** The curve shown first: how well clean inputs are reconstructed, if possible by a metric that all variants share. */
const firstCurve = (curves) =>
  ["validation/mse", "validation/reconstruction", "validation/loss", "train/reconstruction"].map((name) => curves.find((one) => one.name === name)).find(Boolean) ?? curves[0];

/** The objectives of the variants that have the curve, the most common first. */
function objectivesOf(curve) {
  const counts = new Map();
  for (const { objective } of curve.variants) counts.set(objective, (counts.get(objective) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/** Where phases begin: in their variant's color, or one mark for the variants that share it. */
function phaseMarks(page, places) {
  const marks = new Map();
  for (const place of places)
    for (const { name, epoch } of page.variants[place].phases.slice(1)) {
      const key = JSON.stringify([epoch, name]);
      marks.set(key, { at: epoch, name, color: marks.has(key) ? themed("soft") : color(place) });
    }
  return [...marks.values()];
}

/** The curves without those of models in closed form: these have one value, and no training to follow. */
const trainedCurves = (page) =>
  page.curves.map((curve) => ({ ...curve, variants: curve.variants.filter((one) => !page.variants[one.variant].closed_form) }))
    .filter((curve) => curve.variants.length > 0);

/** What is drawn of `view`: {curve, along, objective}. */
const bandSeries = (page, { curve, along, objective }) =>
  curve.variants.filter((one) => one.objective === objective).map((one) => ({
    place: one.variant, name: page.variants[one.variant].name, x: one[along], mean: one.mean, low: one.low, high: one.high, runs: one.runs,
  }));

function bandConfig(page, view, hidden) {
  const series = bandSeries(page, view), byEpoch = view.along === "epochs";
  const visible = series.map(({ place }) => place).filter((place) => !hidden.has(place));
  return curveConfig({ series, hidden, title: view.curve.name, xTitle: byEpoch ? "epoch" : "step", isLog: view.isLog,
    marks: byEpoch ? phaseMarks(page, visible) : [] });
}

function bandTable(page, view) {
  return table({
    caption: `${view.curve.name} after the last epoch`, rows: bandSeries(page, view), sort: { column: 2 },
    columns: [
      { title: "Variant", head: true, value: (row) => row.name, cell: (row) => named(row.place, row.name, true) },
      { title: view.along === "epochs" ? "Epoch" : "Step", count: true, value: (row) => row.x.at(-1) },
      { title: "Mean", number: true, value: (row) => row.mean.at(-1), hint: "mean over the seeds" },
      { title: "Min", number: true, value: (row) => row.low.at(-1), hint: "smallest value of the seeds" },
      { title: "Max", number: true, value: (row) => row.high.at(-1), hint: "largest value of the seeds" },
      { title: "n", count: true, value: (row) => row.runs.at(-1), hint: "completed runs that reached this epoch" },
    ],
  });
}

function bandsFigure(page) {
  const curves = trainedCurves(page);
  if (curves.length === 0) return null;
  const solved = page.variants.filter((variant) => variant.closed_form).map((variant) => variant.name);
  const view = { curve: firstCurve(curves), along: "epochs" };
  [view.objective] = objectivesOf(view.curve);
  view.isLog = spansDecades(bandSeries(page, view));
  const hidden = new Set();
  const drawing = chart("Learning curves: mean over the seeds, with their range", () => bandConfig(page, view, hidden));
  const values = redrawn(() => bandTable(page, view));
  const names = redrawn(() => legend(bandSeries(page, view).map(({ place, name }) => [place, name]), (place, visible) => {
    visible ? hidden.delete(place) : hidden.add(place);
    drawing.draw();
  }, true));
  const objectives = redrawn(() => {
    const known = objectivesOf(view.curve);
    return known.length > 1 ? select("Objective", known.map((name) => [name, name || "unknown"]), view.objective, (objective) => change({ objective })) : "";
  });
  const log = checkbox("Logarithmic", view.isLog, (checked) => { view.isLog = checked; drawing.draw(); });
  const change = (changes) => {
    Object.assign(view, changes);
    if (changes.curve && !objectivesOf(view.curve).includes(view.objective)) [view.objective] = objectivesOf(view.curve);
    if (!changes.along) log.firstChild.checked = view.isLog = spansDecades(bandSeries(page, view));
    hidden.clear();
    drawing.draw();
    (changes.curve ? [values, names, objectives] : [values, names]).forEach((part) => part.redraw());
  };
  return figure({
    controls: [
      select("Curve", curves.map((one) => [one.name, one.name]), view.curve.name, (name) => change({ curve: curves.find((one) => one.name === name) })),
      objectives.node,
      select("Against", [["epochs", "epochs"], ["steps", "steps"]], view.along, (along) => change({ along })),
      log,
    ],
    left: [names.node, drawing.node], right: values.node,
    caption: `Lines are means over the seeds, bands their range.${curves.some((one) => objectivesOf(one).length > 1) ? " Variants of one objective at a time: values of other likelihoods, penalties or phases are not comparable." : ""} Dashed vertical lines: a training phase begins. ${THINNED}${solved.length > 0 ? ` Without a learning curve, since solved in closed form: ${solved.join(", ")}.` : ""}`,
  });
}
