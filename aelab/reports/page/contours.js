// Contours of a density that is given on a grid, by marching squares (Lorensen & Cline 1987, in the plane).

/** The end of a step between two values at the level, as a share of it. */
const crossing = (level, from, to) => (level - from) / (to - from);

/** The segments [x1, y1, x2, y2] of the level in a cell, in its units: values at its corners, from the lower left one in the
    order lower left, lower right, upper right, upper left. A saddle is decided by the mean of the corners. */
function cellSegments(level, [a, b, c, d]) {
  const lower = () => [crossing(level, a, b), 0], right = () => [1, crossing(level, b, c)];
  const upper = () => [crossing(level, d, c), 1], left = () => [0, crossing(level, a, d)];
  const middle = (a + b + c + d) / 4 >= level;
  const pairs = {
    0: [], 15: [], 1: [[left, lower]], 14: [[left, lower]], 2: [[lower, right]], 13: [[lower, right]], 4: [[right, upper]], 11: [[right, upper]],
    8: [[upper, left]], 7: [[upper, left]], 3: [[left, right]], 12: [[left, right]], 6: [[lower, upper]], 9: [[lower, upper]],
    5: middle ? [[lower, right], [upper, left]] : [[left, lower], [right, upper]],
    10: middle ? [[left, lower], [right, upper]] : [[lower, right], [upper, left]],
  }[[a, b, c, d].reduce((sum, value, corner) => sum + (value >= level ? 1 << corner : 0), 0)];
  return pairs.map(([from, to]) => [...from(), ...to()]);
}

/** prior: {points, x: [low, high], y, log_densities: row by row}; its segments at a level, in the units of x and y. */
function contourSegments({ points, x, y, log_densities: values }, level) {
  const across = (x[1] - x[0]) / (points - 1), along = (y[1] - y[0]) / (points - 1), segments = [];
  for (let row = 0; row + 1 < points; ++row)
    for (let column = 0; column + 1 < points; ++column) {
      const at = row * points + column, corners = [at, at + 1, at + points + 1, at + points].map((place) => values[place]);
      for (const [x1, y1, x2, y2] of cellSegments(level, corners))
        segments.push([x[0] + across * (column + x1), y[0] + along * (row + y1), x[0] + across * (column + x2), y[0] + along * (row + y2)]);
    }
  return segments;
}

const isGrid = (prior) => prior !== null && prior !== undefined && prior.points > 1 && prior.log_densities.length === prior.points ** 2
  && [...prior.x, ...prior.y, ...prior.log_densities].every((value) => value !== null) && prior.x.length === 2 && prior.y.length === 2;

/** [{mass, segments}], the outermost last; none without a grid. */
const contoursOf = (prior) => (isGrid(prior) ? prior.contours.filter(({ mass, log_density: level }) => mass !== null && level !== null)
  .map(({ mass, log_density: level }) => ({ mass, segments: contourSegments(prior, level) })) : []);

const massText = (mass) => `${shown(100 * mass)}\u00a0%`;

/** data.contours: lines below the points, the share of mass that they enclose at the top of each. */
Chart.register({
  id: "contours",
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea: area, scales } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    ctx.strokeStyle = themed("soft");
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    for (const [x1, y1, x2, y2] of (chart.data.contours ?? []).flatMap(({ segments }) => segments)) {
      ctx.moveTo(scales.x.getPixelForValue(x1), scales.y.getPixelForValue(y1));
      ctx.lineTo(scales.x.getPixelForValue(x2), scales.y.getPixelForValue(y2));
    }
    ctx.stroke();
    ctx.restore();
  },
  afterDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    ctx.save();
    ctx.font = `11px ${Chart.defaults.font.family}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.strokeStyle = themed("paper");
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.fillStyle = themed("ink");
    for (const { mass, segments } of chart.data.contours ?? []) {
      if (segments.length === 0) continue;
      const top = segments.reduce((best, one) => (one[1] > best[1] ? one : best));
      const at = [scales.x.getPixelForValue(top[0]), scales.y.getPixelForValue(top[1])];
      ctx.strokeText(massText(mass), ...at);
      ctx.fillText(massText(mass), ...at);
    }
    ctx.restore();
  },
});
