"""Reports in a browser: quiet, drawn, used by mouse and keyboard, and honest about what is missing."""

import pathlib
import shutil
import time

import report
from records import comparison_results, png, put, put_comparison, put_run
from report import Report


class Pages(Report):
    def setUp(self):
        super().setUp()
        put_run(self.folder / "runs/small/1")
        put_comparison(self.folder / "comparisons/which")

    def test_comparison(self):
        self.open(self.report(self.folder / "comparisons/which"))
        self.assertEqual(self.made["gaps"], [])
        self.assert_drawn(7)  # one measure, trade-offs, curves, three scatters, spectra
        self.assertIn("pca leads.", self.text("#short"))
        self.assertIn("The difference from every other variant is significant.", self.text("#short"))
        self.assertIn("one is better", self.text("#short"))
        self.assertIn("sparse/seed-9: failed", self.text("#runs"))
        self.assertIn("aelab compare FOLDER/config.json", self.text("#again"))
        broken = self.browser.run('[...document.images].filter((image) => !image.naturalWidth || !image.alt).length')
        self.assertEqual(broken, 0)

    def test_run(self):
        self.open(self.report(self.folder / "runs/small/1"))
        self.assertEqual(self.made["gaps"], [])
        self.assert_drawn(3)
        self.assertIn("a training phase begins (one, two)", self.text("#curves"))
        self.assertIn("squares", self.text("#measures"))

    def test_curves_of_one_objective_share_an_axis(self):
        for seed in (1, 2):
            put_run(self.folder / f"comparisons/which/runs/pca/seed-{seed}", variant="pca", likelihood="gaussian")
        self.open(self.report(self.folder / "comparisons/which"))
        drawn = """[...Chart.getChart(document.querySelector("#curves canvas")).data.datasets].filter((one) => one.series).map((one) => one.label)"""
        choose = """(() => { const select = [...document.querySelectorAll("#curves select")][1]; select.value = [...select.options].map((one) => one.value).find((value) => value.startsWith("gaussian + l1")); select.dispatchEvent(new Event("change")); })()"""
        self.assertEqual(self.browser.run(drawn), ["dense", "sparse"])
        self.browser.run(choose)
        self.assertEqual(self.browser.run(drawn), ["pca"])
        self.assertEqual(self.browser.run("[...document.querySelectorAll('#curves .legend button, #curves tbody th')].map((node) => node.textContent)"), ["pca", "pca"])

    def test_every_control_redraws(self):
        for folder in ("comparisons/which", "runs/small/1"):
            self.open(self.report(self.folder / folder))
            self.browser.run("""for (const select of document.querySelectorAll("select"))
                for (const option of select.options) { select.value = option.value; select.dispatchEvent(new Event("change")); }
                for (const node of document.querySelectorAll("input[type=checkbox], .legend button, thead button")) { node.click(); node.click(); }
                for (const node of document.querySelectorAll("details")) node.open = true;""")
            self.browser.settle()
            self.assert_quiet()
            self.assert_drawn(3)
            self.assertNotIn("NaN", self.text())
            self.assertNotIn("undefined", self.text())

    def test_tables_sort_by_keyboard(self):
        self.open(self.report(self.folder / "comparisons/which"))
        column = """[...document.querySelector("#metric tbody").rows].map((row) => row.cells[2].textContent)"""
        self.assertEqual(self.browser.run(column), ["1.150", "2.150", "3.150"])
        self.browser.run("""[...document.querySelectorAll("#metric thead button")][2].focus()""")
        self.press("Enter", 13, "\r")
        self.assertEqual(self.browser.run(column), ["3.150", "2.150", "1.150"])
        self.assertEqual(self.browser.run("""document.querySelector("#metric th[aria-sort]").ariaSort"""), "descending")

    def test_index_searches(self):
        self.open(self.report(self.folder))
        rows = "[...document.querySelectorAll('tbody tr')].map((row) => row.cells[0].textContent)"
        self.assertEqual(sorted(self.browser.run(rows)), ["comparisons/which", "runs/small/1"])
        self.browser.run("""document.querySelector("#search").focus()""")
        self.browser.ask("Input.insertText", text="DENSE digits")
        self.assertEqual(self.browser.run(rows), ["runs/small/1"])
        self.assertIn("1 of 2 shown", self.text())
        link = self.browser.run("document.querySelector('tbody a').href")
        self.assertTrue(pathlib.Path(link.removeprefix("file://")).is_file(), link)


class Missing(Report):
    """Whatever is missing, or is from another version, the page says so and shows the rest."""

    def test_any_file_of_a_run(self):
        put_run(self.folder / "whole")
        names = [path.relative_to(self.folder / "whole") for path in sorted((self.folder / "whole").rglob("*")) if path.is_file()]
        self.assertGreater(len(names), 13)
        for name in names:
            shutil.copytree(self.folder / "whole", self.folder / "part")
            (self.folder / "part" / name).unlink()
            self.open(self.report(self.folder / "part"))
            if name.parts[0] != "images" and name.name not in ("anomaly.json", "code_use.jsonl", "dictionary.json"):  # most runs have none
                self.assertEqual(self.made["gaps"], [f"{name}: is missing"])
                self.assertIn(f"{name}: is missing", self.text("#gaps"))
            shutil.rmtree(self.folder / "part")

    def test_all_but_one_file_of_a_run(self):
        for name in ("config.json", "status.json", "metrics.jsonl"):
            put_run(self.folder / name / "whole")
            (self.folder / name / "1").mkdir()
            shutil.copy(self.folder / name / "whole" / name, self.folder / name / "1")
            self.open(self.report(self.folder / name / "1"))
            self.assertGreater(len(self.made["gaps"]), 4)

    def test_all_runs_of_a_comparison(self):
        put_comparison(self.folder / "which")
        shutil.rmtree(self.folder / "which/runs")
        self.open(self.report(self.folder / "which"))
        self.assert_drawn(2)
        self.assertIn("runs/pca/seed-1/config.json: is missing", self.text("#gaps"))

    def test_a_comparison_that_compared_nothing(self):
        put_comparison(self.folder / "which")
        for results in ({}, {"name": "which"}, {**comparison_results(), "measures": []}, {**comparison_results(), "variants": []},
                        {**comparison_results(), "metric": "other", "baseline": "nobody", "levels": None}):
            put(self.folder / "which/comparison.json", results)
            self.open(self.report(self.folder / "which"))

    def test_one_seed(self):
        put_comparison(self.folder / "which", seeds=(1,))
        results = comparison_results(seeds=(1,))
        for measure in results["measures"]:
            measure["claim"].update(level="not judged", explanation="It needs at least two seeds.")
            for row in measure["rows"]:
                row.update(interval=None, deviation=None, best=False, against_baseline={"n": 1, "mean": 1, "p_holm": None})
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))
        self.assertIn("not judged", self.text("#short"))
        self.assertIn("It needs at least two seeds.", self.text("#short"))

    def test_another_format_is_named(self):
        put_comparison(self.folder / "which")
        put(self.folder / "which/environment.json", {"format": 0})
        self.open(self.report(self.folder / "which"))
        self.assertIn("environment.json: has format 0, this version of aelab writes 1", self.text("#gaps"))
        self.assert_drawn(7)

    def test_results_of_another_format_are_to_be_written_again(self):
        put_comparison(self.folder / "which")
        put(self.folder / "which/comparison.json", {**comparison_results(), "format": 1})
        result = report.program.run("report", self.folder / "which")
        self.assertEqual(result.code, 2)
        self.assertIn(f'run "aelab compare {self.folder / "which"} --collect" to write it again', result.stderr)
        self.assertFalse((self.folder / "which/report.html").exists())


class Size(Report):
    def test_six_variants_under_five_seeds_stay_small(self):
        variants = ("pca", "dense", "convolutional", "sparse", "denoising", "contractive")
        put_comparison(self.folder / "which", variants=variants, seeds=(1, 2, 3, 4, 5))
        big = png(364, 28 * 4) + b"\0" * 20_000  # as large as pictures of 12 samples get
        for path in (self.folder / "which").rglob("*.png"):
            path.write_bytes(big)
        page = self.report(self.folder / "which")
        self.assertLess(page.stat().st_size, 3_000_000)
        self.open(page)

    def test_an_index_of_two_hundred_runs(self):
        for i in range(200):
            put_run(self.folder / f"runs/name-{i % 10}/{i}", epochs=2)
        page = self.report(self.folder)
        begun = time.monotonic()
        self.report(self.folder)
        again = time.monotonic() - begun
        self.assertLess(again, 20, "without pages to write it takes a moment")
        self.open(page)
        self.assertEqual(self.browser.run("document.querySelectorAll('tbody tr').length"), 200)

if __name__ == "__main__":
    report.main()
