"""The page of a comparison decides nothing: it prints what comparison.json says of every metric and variant, whatever
that is."""

import copy
import json
import random

import report
from comparing import DENSE, PCA, comparison
from program import read_json, run, write_json
from records import comparison_results, put, put_comparison
from report import Report

TEXT = """(() => { for (const node of document.querySelectorAll("details")) node.open = true;
    return document.querySelector("%s").innerText; })()"""
# Of a table: [[text of every cell]], [[whether it is bold]], and the texts of its heads.
CELLS = """[...document.querySelectorAll("%s table")].map((table) => ({
    heads: [...table.tHead.rows[0].cells].map((cell) => cell.innerText.trim()),
    rows: [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => ({ text: cell.innerText.trim(), bold: getComputedStyle(cell).fontWeight >= 700 && cell.tagName === "TD" }))) }))"""


class Judgement(Report):
    def table(self, section, place=0):
        """[{head: cell}] of a section's table."""
        self.browser.run(TEXT % section)
        found = self.browser.run(CELLS % section)[place]
        heads = [head.removesuffix("\u2195").removesuffix("\u25b2").removesuffix("\u25bc").strip() for head in found["heads"]]
        return [dict(zip(heads, row)) for row in found["rows"]]

    def sorted(self, section, place):
        return sorted(self.table(section, place), key=lambda row: row["Variant"]["text"])

    def choose(self, section, label, value):
        self.browser.run(f"""(() => {{ const select = [...document.querySelectorAll("{section} label")].find((label) => label.textContent.startsWith({json.dumps(label)})).querySelector("select");
            select.value = {json.dumps(value)}; select.dispatchEvent(new Event("change")); }})()""")
        self.browser.settle()

    def assert_printed(self, results):
        """Summary, details, caveats, levels, reasons and marks of the page are those of the file."""
        printed = lambda text: self.browser.run(f"sentence({json.dumps(text)}, {json.dumps([one['name'] for one in results['variants']])})")
        short = self.browser.run(TEXT % "#short")
        for text in (results["summary"], *results["details"], *results["caveats"]):
            self.assertIn(printed(text), short)
        leads = {row["Metric"]["text"]: row for row in self.table("#short")}
        for measure in results["measures"]:
            claim, rows = measure["claim"], {row["variant"]: row for row in measure["rows"]}
            if measure["better"] == "neither" or not any(row.get("mean") is not None for row in measure["rows"]):
                self.assertNotIn(measure["name"], leads)
                continue
            row = leads[measure["name"]]
            self.assertEqual(row["Result"]["text"], claim["level"])
            self.assertEqual(row["Reason"]["text"], printed(claim["explanation"]))
            self.assertEqual(row["Best"]["text"], claim["leader"] or "\u2013")
            self.assertEqual(row["Best"]["bold"], bool(claim["leader"]) and rows[claim["leader"]]["best"])
        for measure in results["measures"]:
            self.choose("#metric", "Metric", measure["name"])
            found = {row["Variant"]["text"]: {**values, **row} for values, row in zip(self.sorted("#metric", 0), self.sorted("#metric", 1))}
            self.assertEqual(len(found), len(results["variants"]))
            for row in measure["rows"]:
                leads = "leads, " if row["variant"] == measure["claim"]["leader"] else ""
                self.assertEqual(found[row["variant"]]["Against the leader"]["text"], leads + row["level"])
                self.assertEqual(found[row["variant"]]["Reason"]["text"], printed(row["sentence"]))
                self.assertEqual(found[row["variant"]]["Mean"]["bold"], row["best"])
        for measure in results["measures"]:
            if measure["better"] == "neither" or not any(row.get("mean") is not None for row in measure["rows"]):
                continue
            self.choose("#trade-offs", "Metric", measure["name"])
            for key, name in (("parameters", "parameters"), ("seconds", "training seconds"), ("code", "code dimensions")):
                self.choose("#trade-offs", "Cost", name)
                found = {row["Variant"]["text"]: row["Pareto-optimal"] for row in self.table("#trade-offs")}
                for row in measure["rows"]:
                    if row["variant"] in found and key in row["pareto_optimal"]:
                        expected = {True: "yes", False: "no", None: "not considered"}[row["pareto_optimal"][key]]
                        self.assertEqual((found[row["variant"]]["text"], found[row["variant"]]["bold"]), (expected, expected == "yes"))

    def test_what_the_file_says_is_printed(self):
        put_comparison(self.folder / "which")
        self.open(self.report(self.folder / "which"))
        self.assert_printed(comparison_results())

    def test_a_file_that_was_altered_by_hand_is_printed_as_it_is(self):
        """Levels, leaders, marks and reasons at random, that no rule would give for the numbers beside them."""
        put_comparison(self.folder / "which")
        chance = random.Random(5)
        for turn in range(4):
            results = copy.deepcopy(comparison_results())
            names = [variant["name"] for variant in results["variants"]]
            for text in ("summary", "verdict"):
                results[text] = f"{chance.choice(names)} won turn {turn}."
            for measure in results["measures"]:
                measure["claim"].update(leader=chance.choice([*names, None]), level=chance.choice(["tentative", "undecided", "not judged", "decided", "won by luck"]),
                                        reason="made_up", explanation=f"Reason {chance.randrange(1000)} was made up.")
                for row in measure["rows"]:
                    row.update(level=chance.choice(["tentative", "undecided", "not judged", "decided"]), best=chance.random() < .5,
                               sentence=f"Sentence {chance.randrange(1000)} of {row['variant']}.",
                               pareto_optimal={cost: chance.choice([True, False, None]) for cost in ("parameters", "seconds", "code")})
            put(self.folder / "which/comparison.json", results)
            self.open(self.report(self.folder / "which"))
            self.assert_printed(results)

    def test_excluded_runs_and_counts_are_those_of_the_file(self):
        put_comparison(self.folder / "which")
        results = comparison_results()
        results.update(excluded="many runs are excluded", counts={"planned": 77, "completed": 66})
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))
        self.assertIn("many runs are excluded: see Runs.", self.text("#page"))
        self.assertIn("66 of 77", self.text("header"))


class OfRuns(Judgement):
    def test_a_variant_that_diverged_is_not_best_on_the_page_either(self):
        """Runs that aelab trained: one variant at a learning rate of 1e6."""
        wild = {**DENSE, "training.optimizer": {"kind": "sgd", "learning_rate": 1e6}, "callbacks": [{"kind": "stop-on-nan", "enabled": False}]}
        file = write_json(self.folder / "comparison.json", comparison(seeds=[1, 2, 3], variants=[
            {"name": "pca", "set": PCA}, {"name": "dense", "set": DENSE}, {"name": "wild", "set": wild}]))
        result = run("compare", file, "--output", self.folder)
        self.assertEqual(result.code, 1, result.stderr)
        results = read_json(self.folder / "small/comparison.json")
        ended = results["variants"][2]["counts"]
        self.assertEqual(ended["planned"], 3)
        self.assertEqual(ended["diverged"], 3)
        said = next(row["sentence"] for row in results["measures"][0]["rows"] if row["variant"] == "wild")
        self.assertRegex(said, r"^wild diverged on 3 of 3 seeds and is not considered for best\.$")
        self.open(self.folder / "small/report.html")
        self.assertIn(said, self.text("#short .verdict"))
        self.assert_printed(results)
        terminal = run("compare", self.folder / "small", "--collect", columns=1000)
        for text in (results["summary"], *results["details"], *results["caveats"], results["best"]):
            self.assertIn(text, " ".join(terminal.stdout.split()))
        self.assertIn("3 of 9 runs are excluded", terminal.stderr)
        self.assertRegex(terminal.stdout, r"wild +not judged +0 ")


if __name__ == "__main__":
    report.main()
