// Puts the page together.

const PAGES = { comparison: comparisonPage, run: runPage, index: indexPage };

function gapsSection(gaps) {
  return gaps.length > 0 && section("gaps", "What could not be shown", h("ul", null, gaps.map((text) => h("li", null, text))));
}

{
  const page = JSON.parse(document.getElementById("data").textContent);
  document.title = `${page.title || page.kind} \u2013 aelab`;
  document.getElementById("page").replaceChildren(
    ...[PAGES[page.kind](page), gapsSection(page.gaps)].flat(Infinity).filter(Boolean));
  drawCharts();
}
