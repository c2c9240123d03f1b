// Names beside points, placed so that none covers another, a mark or the border, nor a whisker where that is possible.

const LABEL_HEIGHT = 14;
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const inside = (box, area) => box.x >= area.left && box.x + box.width <= area.right && box.y >= area.top && box.y + box.height <= area.bottom;

/** Boxes of that width around a point, nearest first: to its right and left, above and below, then along wider rings. */
function boxesAround({ x, y }, width) {
  const boxes = [];
  for (let ring = 0; ring < 14; ++ring) {
    const away = 9 + 9 * ring, turns = 8 + 4 * ring;
    for (let turn = 0; turn < turns; ++turn) {
      const angle = ((turn % 2 ? 1 : -1) * Math.ceil(turn / 2) * 2 * Math.PI) / turns - .4;
      const middle = x + away * Math.cos(angle) + (width / 2) * Math.cos(angle), height = y + away * Math.sin(angle);
      boxes.push({ x: middle - width / 2, y: height - LABEL_HEIGHT / 2, width, height: LABEL_HEIGHT });
    }
  }
  return boxes;
}

const NEAR = 40;  // so many of the nearest free boxes are tried for one that covers no whisker

/** [{point, text, width}] -> a box each, or null where one finds no place. Those in the crowd choose first. */
function placeLabels(labels, area, whiskers) {
  const marks = labels.map(({ point }) => ({ x: point.x - 8, y: point.y - 8, width: 16, height: 16 }));
  const crowd = ({ point }) => labels.filter((other) => Math.hypot(other.point.x - point.x, other.point.y - point.y) < 60).length;
  const order = labels.map((label, index) => ({ ...label, index, crowd: crowd(label) })).sort((a, b) => b.crowd - a.crowd);
  const placed = Array(labels.length).fill(null);
  for (const { point, width, index } of order) {
    const free = boxesAround(point, width).filter((one) =>
      inside(one, area) && !marks.some((mark) => overlap(one, mark)) && !placed.some((other) => other && overlap(one, other)));
    if (free.length === 0) return null;
    placed[index] = free.slice(0, NEAR).find((one) => !whiskers.some((line) => overlap(one, line))) ?? free[0];
  }
  return placed;
}

/** The bars of a point's intervals, as thin boxes. */
function whiskersOf({ scales }, { intervals }, { x, y }) {
  const { x: across, y: along } = intervals[0];
  const box = (left, right, top, bottom) => ({ x: left - 2, y: top - 2, width: right - left + 4, height: bottom - top + 4 });
  const ends = (scale, interval) => interval.map((end) => scale.getPixelForValue(Math.max(end, scale.min))).sort((a, b) => a - b);
  return [across && box(...ends(scales.x, across), y, y), along && box(x, x, ...ends(scales.y, along))].filter(Boolean);
}

/** dataset.label beside its first point where dataset.named; where there is no room for all, the variants' numbers, of
    which data.tellNumbered hears. */
Chart.register({
  id: "labels",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: area } = chart;
    const points = chart.data.datasets.filter((dataset) => dataset.named).map((dataset) =>
      ({ ...dataset, dataset, point: chart.getDatasetMeta(chart.data.datasets.indexOf(dataset)).data[0] }));
    if (points.length === 0) return;
    const whiskers = points.flatMap(({ dataset, point }) => whiskersOf(chart, dataset, point));
    ctx.save();
    ctx.font = `12px ${Chart.defaults.font.family}`;
    const tried = (text) => points.map((one) => ({ point: one.point, text: text(one), width: ctx.measureText(text(one)).width + 4 }));
    const names = tried(({ label }) => shortName(label)), numbers = tried(({ marks }) => String(marks.place + 1));
    const namesPlaced = placeLabels(names, area, whiskers);
    const labels = namesPlaced ? names : numbers;
    const boxes = namesPlaced ?? placeLabels(numbers, area, whiskers) ?? [];
    chart.labelBoxes = boxes.map((box, index) => ({ ...box, text: labels[index].text }));
    chart.data.tellNumbered?.(!namesPlaced);
    ctx.textBaseline = "middle";
    boxes.forEach((box, index) => drawLabel(ctx, labels[index], box));
    ctx.restore();
  },
});

function drawLabel(ctx, { point, text }, box) {
  const end = { x: Math.min(Math.max(point.x, box.x), box.x + box.width), y: Math.min(Math.max(point.y, box.y), box.y + box.height) };
  const away = Math.hypot(end.x - point.x, end.y - point.y);
  if (away > 14) {
    ctx.strokeStyle = themed("soft");
    ctx.lineWidth = .75;
    ctx.beginPath();
    ctx.moveTo(point.x + (end.x - point.x) * 8 / away, point.y + (end.y - point.y) * 8 / away);
    ctx.lineTo(end.x, end.y);
    ctx.stroke();
  }
  ctx.strokeStyle = themed("paper");  // a halo, for what lies behind
  ctx.lineWidth = 3;
  ctx.lineJoin = "round";
  ctx.strokeText(text, box.x + 2, box.y + box.height / 2 + 1);
  ctx.fillStyle = themed("ink");
  ctx.fillText(text, box.x + 2, box.y + box.height / 2 + 1);
}
