// Tables that sort by a click, or by keyboard, on a column's head.

/**
 * columns: [{title, value(row), text(row)?, cell(row)?, number?, best?(row), head?, long?}]; `value` is what is sorted
 * by, `text` what is shown, `cell` an element to show instead. `sort`: the column and direction to begin with.
 */
function table({ caption, columns, rows, sort = null, label = null }) {
  const body = h("tbody");
  const heads = columns.map((column, place) =>
    h("th", { scope: "col", class: column.number && "number", title: column.hint },
      h("button", { type: "button", click: () => sortBy(place) }, column.title)));
  const bodyRows = rows.map((row) => h("tr", null, columns.map((column) => tableCell(column, row))));

  function fill(order) { body.replaceChildren(...order.map((place) => bodyRows[place])); }
  function sortBy(place, wanted = null) {
    const ascending = wanted ?? heads[place].getAttribute("aria-sort") !== "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[place].setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const order = rows.map((_, row) => row);
    const values = rows.map((row) => columns[place].value(row));
    order.sort((a, b) => compared(values[a], values[b], ascending) || a - b);
    fill(order);
  }

  if (sort) sortBy(sort.column, sort.ascending ?? true);
  else fill(rows.map((_, row) => row));
  return h("div", { class: "table" }, caption && h("p", { class: "caption" }, caption),
    scrolling(label ?? caption, h("table", null, h("thead", null, h("tr", null, heads)), body)));
}

function tableCell(column, row) {
  const content = column.cell?.(row) ?? column.text?.(row) ?? plain(column.value(row));
  const kind = [column.number && "number", column.long && "long", column.best?.(row) && "best"].filter(Boolean).join(" ");
  return column.head ? h("th", { scope: "row", class: kind || null }, content) : h("td", { class: kind || null }, content);
}

const plain = (value) => (value === null || value === "" ? MISSING : typeof value === "number" ? shown(value) : value);

/** What is missing comes last, whichever way. */
function compared(a, b, ascending) {
  const missing = (a === null || a === undefined) - (b === null || b === undefined);
  if (missing || a === null || a === undefined) return missing;
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return ascending ? order : -order;
}

/** Wide content scrolls by itself, by keyboard too. */
function scrolling(label, content) {
  content.setAttribute("aria-label", label ?? "Table");
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label ?? "Table" }, content);
}

/** {"key", "value"} pairs. */
const settingsTable = (pairs, caption) => table({
  caption, label: caption ?? "Settings", rows: pairs,
  columns: [
    { title: "Key", head: true, value: (row) => row.key },
    { title: "Value", long: true, value: (row) => row.value },
  ],
});
