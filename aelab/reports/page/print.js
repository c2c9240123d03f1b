// The page on paper: light, as wide as A4 and Letter have room for, charts drawn for that width, nothing cut.

/** The columns of a table in groups that each fit, the first column repeated in every group. */
function columnGroups(widths, room) {
  const groups = [];
  let used = Infinity;
  widths.slice(1).forEach((width, place) => {
    if (used + width > room) {
      groups.push([0]);
      used = widths[0];
    }
    groups.at(-1).push(place + 1);
    used += width;
  });
  return groups;
}

/** A table with some of the columns of another. */
function withColumns(original, columns) {
  const copy = original.cloneNode(true);
  for (const row of copy.rows) row.replaceChildren(...columns.map((column) => row.cells[column]));
  return h("div", { class: "part" }, copy);
}

const SMALLEST_ZOOM = .75;

/** Makes a table that is wider than the page smaller or, where that would be too small, several; returns how to undo it. */
function fitTable(original, room) {
  const zoom = room / original.offsetWidth;
  if (zoom >= 1) return null;
  if (zoom < SMALLEST_ZOOM) return splitTable(original, room);
  original.style.zoom = zoom;
  return () => { original.style.zoom = ""; };
}

function splitTable(original, room) {
  const widths = [...original.rows[0].cells].map((cell) => cell.offsetWidth);
  const parts = columnGroups(widths, room).map((columns) => withColumns(original, columns));
  original.classList.add("unprinted");
  original.after(...parts);
  return () => {
    original.classList.remove("unprinted");
    parts.forEach((part) => part.remove());
  };
}

const PRINTED_DETAILS = "details.definitions:not([open]), details.cell:not([open])";
let undoPrinting = [];

function beforePrinting() {
  if (undoPrinting.length > 0) return;
  const root = document.documentElement;
  const opened = [...document.querySelectorAll(PRINTED_DETAILS)];
  opened.forEach((node) => { node.open = true; });
  root.classList.add("printing");
  drawCharts();  // first, since a chart without room for names adds a column to its table
  const room = document.getElementById("page").clientWidth;
  undoPrinting = [...document.querySelectorAll(".scroll > table")].map((table) => fitTable(table, room)).filter(Boolean);
  undoPrinting.push(() => root.classList.remove("printing"), () => opened.forEach((node) => { node.open = false; }));
}

function afterPrinting() {
  undoPrinting.forEach((undo) => undo());
  undoPrinting = [];
  drawCharts();
}

addEventListener("beforeprint", beforePrinting);
addEventListener("afterprint", afterPrinting);
