// Tables that sort by a click, or by keyboard, on a column's head.

/**
 * columns: [{title, value(row), text(row)?, cell(row)?, number?, count?, best?(row), head?, long?, word?, hint?}]; `value`
 * is what is sorted by, `text` what is shown, `cell` an element to show instead, `hint` what the column means; `number`s
 * are measured, `count`s whole. `sort`: the column and direction to begin with. `terms`: more definitions, [[term, text]].
 */
function table({ caption, columns, rows, sort = null, label = null, terms = [] }) {
  const body = h("tbody");
  const heads = columns.map((column, place) =>
    h("th", { scope: "col", class: isNumber(column) && "number", title: column.hint },
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
    scrolling(label ?? caption, h("table", null, h("thead", null, h("tr", null, heads)), body)),
    definitions([...columns.map(({ title, hint }) => [title, hint]), ...terms]));
}

const isNumber = (column) => column.number || column.count;

function tableCell(column, row) {
  const text = () => plain(column.value(row), column.count ? counted : shown);
  const content = column.cell?.(row) ?? column.text?.(row) ?? (column.head ? breakable(String(text())) : text());
  const kind = [isNumber(column) && "number", column.long && "long", column.word && "word", column.best?.(row) && "best"].filter(Boolean).join(" ");
  return column.head ? h("th", { scope: "row", class: kind || null }, content) : h("td", { class: kind || null }, content);
}

const plain = (value, printed) => (value === null || value === "" ? MISSING : typeof value === "number" ? printed(value) : value);

/** Missing values come last, whichever direction. */
function compared(a, b, ascending) {
  const missing = (a === null || a === undefined) - (b === null || b === undefined);
  if (missing || a === null || a === undefined) return missing;
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return ascending ? order : -order;
}

/** Wide content scrolls sideways by itself; where it does, it can be reached by keyboard. */
function scrolling(label, content) {
  content.setAttribute("aria-label", label ?? "Table");
  const node = h("div", { class: "scroll" }, content);
  new ResizeObserver(() => {
    if (node.scrollWidth > node.clientWidth) {
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "region");
      node.setAttribute("aria-label", `${label ?? "Table"}, scrolls sideways`);
    } else {
      ["tabindex", "role", "aria-label"].forEach((name) => node.removeAttribute(name));
    }
  }).observe(node);
  return node;
}

/** {"key", "value"} pairs. */
const settingsTable = (pairs, caption) => table({
  caption, label: caption ?? "Settings", rows: pairs,
  columns: [
    { title: "Key", head: true, value: (row) => row.key },
    { title: "Value", long: true, value: (row) => row.value },
  ],
});
