// What tells one series of a chart from another: a color, a mark and dashes. Of 40 series no two share both color and
// mark, nor both color and dashes. Colors and marks are those of page.css.

const COLORS = 10, MARKS = 7;
const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3]];

const themed = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colorName = (place) => `c${place % COLORS}`;
const markName = (place) => `m${place % MARKS}`;
const color = (place) => themed(colorName(place));
const dash = (place) => DASHES[Math.floor(place / COLORS) % DASHES.length];
const faded = (hex, share) => hex + Math.round(share * 255).toString(16).padStart(2, "0");

/** A mark's corners, from -1 to 1; of the circle none. */
const corners = (name) => [...themed(name).matchAll(/([\d.]+)% ([\d.]+)%/g)].map(([, x, y]) => [x / 50 - 1, y / 50 - 1]);

/** The path of a mark around (x, y). */
function traceMark(ctx, shape, x, y, radius) {
  ctx.beginPath();
  if (shape.length === 0) ctx.arc(x, y, .92 * radius, 0, 2 * Math.PI);
  shape.forEach(([right, down]) => ctx.lineTo(x + radius * right, y + radius * down));
  ctx.closePath();
}

/** Chart.js's own points, kept for pointing at them only. */
const UNSEEN = Object.fromEntries(["pointBackgroundColor", "pointBorderColor", "pointHoverBackgroundColor", "pointHoverBorderColor"]
  .map((name) => [name, "transparent"]));

/** dataset.marks: {place, radius, filled?, points?: (index) => boolean}: a mark on each of its points, with an edge of paper
    to others below it. */
Chart.register({
  id: "marks",
  afterDatasetDraw(chart, { index, meta }) {
    const { data, marks } = chart.data.datasets[index];
    if (!marks || meta.hidden) return;
    const { ctx } = chart, shape = corners(markName(marks.place)), ink = color(marks.place);
    ctx.save();
    const paper = themed("paper"), isFilled = marks.filled !== false;
    ctx.lineWidth = isFilled ? 1.5 : 2;
    ctx.strokeStyle = isFilled ? paper : ink;
    ctx.fillStyle = isFilled ? ink : paper;
    meta.data.forEach(({ x, y }, point) => {
      if (data[point].y === null || !(marks.points?.(point) ?? true)) return;
      traceMark(ctx, shape, x, y, marks.radius);
      if (isFilled) ctx.stroke();
      ctx.fill();
      if (!isFilled) ctx.stroke();
    });
    ctx.restore();
  },
});

/** A series' mark in its color, for legends and tables; on a piece of its line where `line`. */
function swatch(place, line = false) {
  const mark = h("span");
  mark.style.clipPath = `var(--${markName(place)})`;
  const node = h("span", { class: line ? "swatch line" : "swatch", "aria-hidden": "true" }, line && dashes(dash(place)), mark);
  node.style.color = `var(--${colorName(place)})`;
  return node;
}

function dashes(lengths) {
  const node = h("span", { class: "dashes" });
  let end = 0;
  const stops = lengths.map((length, index) => `${index % 2 ? "transparent" : "currentColor"} ${end}px ${end += length}px`);
  if (stops.length > 0) node.style.background = `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
  return node;
}

/** A name with its swatch. */
const named = (place, name, line = false) => h("span", { class: "named" }, swatch(place, line), h("span", null, breakable(name)));

/** Buttons that show and hide; `toggle(place, visible)`. */
function legend(names, toggle, line = false) {
  return h("div", { class: "legend", role: "group", "aria-label": "Show or hide" }, names.map(([place, name]) => {
    const button = h("button", {
      type: "button", "aria-pressed": "true",
      click: () => {
        const visible = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(visible));
        toggle(place, visible);
      },
    }, named(place, name, line));
    return button;
  }));
}

/** Of rows that name their variant by its place. */
const variantColumn = (variants) => ({
  title: "Variant", head: true, value: (row) => variants[row.variant].name,
  cell: (row) => named(row.variant, variants[row.variant].name),
});
