// Puts the page together.

const PAGES = { comparison: comparisonPage, run: runPage, index: indexPage };

{
  const page = JSON.parse(document.getElementById("data").textContent);
  document.title = `${page.title || page.kind} \u2013 aelab`;
  const { header, sections } = PAGES[page.kind](page);
  const shownSections = [...sections, missingSection(page)].filter(Boolean);
  const parts = [header, shownSections.length > 3 && contents(shownSections), h("main", { id: "content", tabindex: -1 }, shownSections)];
  document.getElementById("page").replaceChildren(...parts.filter(Boolean));
  drawCharts();
}
