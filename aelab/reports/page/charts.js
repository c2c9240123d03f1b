// What all charts share: intervals, phases and axes in the theme's colors.

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.plugins.legend.display = false;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

/** dataset.intervals: [{x: [low, high] or null, y: ...}], one a point, drawn as whiskers. */
Chart.register({
  id: "intervals",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: area, scales } = chart;
    const within = (scale, value) => scale.getPixelForValue(scale.type === "logarithmic" ? Math.max(value, scale.min) : value);
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    chart.data.datasets.forEach((dataset, place) => {
      if (!dataset.intervals || !chart.isDatasetVisible(place)) return;
      ctx.strokeStyle = dataset.borderColor;
      ctx.lineWidth = 1.75;
      dataset.intervals.forEach((interval, point) => {
        const { x, y } = chart.getDatasetMeta(place).data[point];
        ctx.beginPath();
        for (const [ends, along] of [[interval.x, true], [interval.y, false]]) {
          if (!ends) continue;
          const [from, to] = ends.map((end) => within(along ? scales.x : scales.y, end));
          ctx.moveTo(along ? from : x, along ? y : from);
          ctx.lineTo(along ? to : x, along ? y : to);
          for (const end of [from, to]) {
            ctx.moveTo(along ? end : x - 4, along ? y - 4 : end);
            ctx.lineTo(along ? end : x + 4, along ? y + 4 : end);
          }
        }
        ctx.stroke();
      });
    });
    ctx.restore();
  },
});

/** options.plugins.phases.marks: [{at, name, color}] on the x axis, drawn as dashed lines. */
Chart.register({
  id: "phases",
  afterDraw(chart, _, options) {
    const { ctx, chartArea: area, scales } = chart;
    ctx.save();
    ctx.font = `11px ${Chart.defaults.font.family}`;
    ctx.setLineDash([3, 3]);
    (options.marks ?? []).forEach((phase, place) => {
      const x = scales.x.getPixelForValue(phase.at);
      if (!(x >= area.left && x <= area.right)) return;
      ctx.strokeStyle = ctx.fillStyle = phase.color;
      ctx.beginPath();
      ctx.moveTo(x, area.top);
      ctx.lineTo(x, area.bottom);
      ctx.stroke();
      const width = ctx.measureText(phase.name).width;
      const fits = x + width + 4 < area.right;
      ctx.fillText(phase.name, fits ? x + 3 : x - width - 3, area.top + 11 + 13 * (place % 3));
    });
    ctx.restore();
  },
});

/** An axis in the theme's colors. */
function axis(title, options = {}) {
  return {
    title: { display: Boolean(title), text: title, color: themed("soft") },
    grid: { color: themed("grid"), borderColor: themed("line") },
    ...options,
    ticks: { color: themed("soft"), maxRotation: 0, autoSkipPadding: 12, ...options.ticks },
  };
}

const tick = (value) => {
  const size = Math.abs(value), rounded = Number(value.toPrecision(6));
  return withMinus(size === 0 || (size >= 1e-4 && size < 1e6) ? rounded.toLocaleString("en-US", { maximumSignificantDigits: 6 })
    : rounded.toExponential().replace("e+", "e"));
};
/** All lines of a logarithmic grid; labels at about six powers of ten or, over few decades, at 1, 2 and 5 times these. */
const logTicks = {
  autoSkip: false,
  callback(value) {
    const [digit, exponent] = value.toExponential().split("e");
    if (this.max < 300 * this.min) return ["1", "2", "5"].includes(digit) ? tick(value) : "";
    return digit === "1" && exponent % Math.ceil(Math.log10(this.max / this.min) / 6) === 0 ? tick(value) : "";
  },
};
/** Of a linear axis: thinned where labels would be too close, so that zero keeps its tick. */
const linearTicks = {
  ticks: { autoSkip: false, callback: tick },
  afterBuildTicks(scale) {
    const room = scale.isHorizontal()
      ? Math.max(...scale.ticks.map(({ value }) => scale.ctx.measureText(tick(value)).width)) + 14 : 26;
    const length = scale.isHorizontal() ? scale.width : scale.height;
    const most = Math.max(2, length / room), step = scale.ticks[1]?.value - scale.ticks[0].value;
    const every = [1, 2, 4, 5, 10, 20].find((times) => scale.ticks.length / times <= most) ?? 20;
    scale.ticks = scale.ticks.filter(({ value }) => every === 1 || Math.round(value / step) % every === 0);
  },
};

const numberAxis = (title, isLog, options = {}) => axis(title, { type: isLog ? "logarithmic" : "linear",
  ...(isLog ? { ticks: logTicks } : linearTicks), ...options });

/** An axis of whole numbers between these ends. */
const countAxis = (title, min, max) => axis(title, { type: "linear", min, max,
  ticks: { precision: 0, callback: (value) => (Number.isInteger(value) ? counted(value) : "") } });

/** An axis with room around these values, whiskers included. */
function roomyAxis(title, isLog, values) {
  const there = values.filter((value) => value !== null && value !== undefined && (!isLog || value > 0));
  const low = Math.min(...there), high = Math.max(...there), room = (high - low) * .06 || Math.abs(high) * .06 || 1;
  return numberAxis(title, isLog, isLog ? { min: low / 1.4, max: high * 1.6 } : { suggestedMin: low - room, suggestedMax: high + room });
}

const charts = [];

/** A canvas, and the chart on it that `configure` describes: drawn again when the theme or a control changes. */
function chart(label, configure, size = "") {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const node = h("div", { class: `chart ${size}` }, canvas);
  const drawing = {
    node,
    draw() {
      drawing.chart?.destroy();
      drawing.chart = new Chart(canvas, configure());
    },
  };
  charts.push(drawing);
  return drawing;
}

const drawCharts = () => charts.forEach((drawing) => drawing.draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
