// A figure: a chart with its controls, its values as a table beside it, and a caption.

function figure({ caption, controls = null, left, right = null }) {
  return h("figure", null,
    controls && h("div", { class: "controls" }, controls),
    right ? h("div", { class: "beside" }, h("div", null, left), h("div", null, right)) : left,
    h("figcaption", null, caption));
}

// --- Learning curves: one line a series, with a band where there are several runs ---

/** Which points of a line carry its mark: about six, at other points than its neighbor's. */
function marksAlong(count, place) {
  const every = Math.ceil(count / 6);
  return (point) => point % every === place % every;
}

const THINNED = "Long trainings are drawn with at most 200 points.";
const CLOSED_FORM = "the model is solved in closed form, without training epochs.";

/** On a logarithmic axis, as a share of the largest value: what is smaller is rounding. */
const SMALLEST_SHOWN = 1e-9;

/** series: [{place, name, x: [], mean: [], low?: [], high?: []}]; hidden: places not shown. */
function curveConfig({ series, hidden = new Set(), title, xTitle, isLog, marks = [] }) {
  const largest = Math.max(...series.flatMap((one) => one.mean).filter((value) => value !== null));
  const positive = (value) => (value === null || (isLog && !(value > largest * SMALLEST_SHOWN)) ? null : value);
  const line = (one, values, options) => ({
    data: one.x.map((x, place) => ({ x, y: positive(values[place]) })),
    borderColor: color(one.place), backgroundColor: faded(color(one.place), .16), borderWidth: 0, pointRadius: 0,
    pointHitRadius: 0, label: one.name, ...options,
  });
  const datasets = series.filter((one) => !hidden.has(one.place)).flatMap((one) => [
    line(one, one.mean, {
      borderWidth: 2, borderDash: dash(one.place), series: one, clip: 6,
      marks: { place: one.place, radius: 4.5, points: marksAlong(one.x.length, one.place) },
    }),
    ...(one.low ? [line(one, one.low, { fill: false }), line(one, one.high, { fill: "-1" })] : []),
  ]);
  const places = series.flatMap((one) => one.x);
  const first = Math.min(...places), last = Math.max(...places), alone = first === last ? .5 : 0;
  return {
    type: "line",
    data: { datasets },
    options: {
      parsing: true, normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: countAxis(xTitle, first - alone, last + alone), y: numberAxis(title, isLog) },
      plugins: {
        phases: { marks },
        tooltip: {
          filter: (item) => Boolean(item.dataset.series),
          callbacks: {
            title: (items) => (items.length ? `${xTitle} ${counted(items[0].parsed.x)}` : ""),
            label: ({ dataset, dataIndex }) => {
              const one = dataset.series;
              const band = one.low ? ` [${shown(one.low[dataIndex])}, ${shown(one.high[dataIndex])}]` : "";
              return ` ${one.name}: ${shown(one.mean[dataIndex])}${band}`;
            },
          },
        },
      },
    },
  };
}

/** Whether a logarithmic scale shows more: all positive, and over a wide range. */
function spansDecades(series) {
  const values = series.flatMap((one) => one.mean).filter((value) => value !== null);
  return values.length > 0 && values.every((value) => value > 0) && Math.max(...values) > 30 * Math.min(...values);
}

const gap = (text) => h("p", { class: "soft" }, text);

const shortName = (name = "", most = 26) => (name.length > most ? `${name.slice(0, most - 1)}\u2026` : name);
