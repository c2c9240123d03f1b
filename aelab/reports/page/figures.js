// A figure: a chart with its controls, the same as a table beside it, and a caption.

function figure({ caption, controls = null, left, right = null }) {
  return h("figure", null,
    controls && h("div", { class: "controls" }, controls),
    right ? h("div", { class: "beside" }, h("div", null, left), h("div", null, right)) : left,
    h("figcaption", null, caption));
}

/** A name with its colour. */
const named = (place, name) =>
  h("span", { class: "named" }, h("span", { class: `swatch c${place % 10}`, "aria-hidden": "true" }), h("span", null, name));

/** Buttons that show and hide; `toggle(place, visible)`. */
function legend(names, toggle) {
  return h("div", { class: "legend", role: "group", "aria-label": "Shown" }, names.map(([place, name]) => {
    const button = h("button", {
      type: "button", "aria-pressed": "true",
      click: () => {
        const visible = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(visible));
        toggle(place, visible);
      },
    }, named(place, name));
    return button;
  }));
}

/** Of rows that name their variant by its place. */
const variantColumn = (variants) => ({
  title: "Variant", head: true, value: (row) => variants[row.variant].name,
  cell: (row) => named(row.variant, variants[row.variant].name),
});

// --- Learning curves: one line a series, with a band where there are several runs ---

/**
 * series: [{place, name, x: [], mean: [], low?: [], high?: []}]; hidden: places not shown.
 */
function curveConfig({ series, hidden = new Set(), title, xTitle, isLog, marks = [] }) {
  const positive = (value) => (value === null || (isLog && !(value > 0)) ? null : value);
  const line = (one, values, options) => ({
    data: one.x.map((x, place) => ({ x, y: positive(values[place]) })),
    borderColor: colour(one.place), backgroundColor: faded(colour(one.place), .16), borderWidth: 0, pointRadius: 0,
    pointHitRadius: 0, label: one.name, ...options,
  });
  const datasets = series.filter((one) => !hidden.has(one.place)).flatMap((one) => [
    line(one, one.mean, {
      borderWidth: 2, borderDash: one.dash ?? dash(one.place), series: one,
      pointRadius: one.x.length === 1 ? 4 : 0, backgroundColor: colour(one.place), clip: 6,
    }),
    ...(one.low ? [line(one, one.low, { fill: false }), line(one, one.high, { fill: "-1" })] : []),
  ]);
  const places = series.flatMap((one) => one.x);
  const first = Math.min(...places, 1), last = Math.max(...places, first + 1);
  return {
    type: "line",
    data: { datasets },
    options: {
      parsing: true, normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: numberAxis(xTitle, false, { min: first, max: last, ticks: { precision: 0 } }), y: numberAxis(title, isLog) },
      plugins: {
        phases: { marks },
        tooltip: {
          filter: (item) => Boolean(item.dataset.series),
          callbacks: {
            title: (items) => (items.length ? `${xTitle} ${shown(items[0].parsed.x)}` : ""),
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
