"""Reports in a browser: quiet, drawn, used by keyboard, printed, and closed to whatever is written in the records."""

import json
import pathlib
import re
import shutil
import struct
import sys
import time
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import browser
import program
from payloads import PAYLOADS

MARK = "hacked"  # what a payload that runs would set


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def png(width=24, height=8):
    """A grey ramp."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(x * 255 // width for x in range(width)) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def run_files(variant="dense", epochs=5, scale=1.0, t=str):
    """A run's files as a run leaves them; every text in them passes through `t`."""
    count = 30
    pictures = ("inputs", "reconstructions", "corrupted", "denoised", "interpolation", "filters")
    return {
        "config.json": {"name": t("small"), "seed": 3, "model": {"variant": t(variant), t("key"): t("value"),
                        "expanded": {"penalties": [{"kind": t("l1"), t("weight"): t("heavy")}]}}, "data": {"source": t("digits")}},
        "status.json": {"status": t("completed") if t is not str else "completed", "message": t("") if t is not str else "",
                        "parameters": 100, "epochs": epochs, "steps": 10 * epochs, "seconds": 2 * scale},
        "environment.json": {t("aelab"): t("0.1.0"), "kernels": {t("linear"): t("mkl")}, "time": t("2026-01-02T03:04:05Z")},
        "evaluation.json": {"checkpoint": t("best"), "part": t("test"), "metrics": {t("reconstruction/mse"): scale},
                            "measures": [{"name": t("reconstruction/mse"), "definition": t("squares"), "better": "lower"}]},
        "metrics.jsonl": [{"epoch": i + 1, "step": 10 * (i + 1), "phase": t("one" if i < epochs / 2 else "two"),
                           t("train/loss"): scale / (i + 1), t("validation/loss"): 2 * scale / (i + 1)} for i in range(epochs)],
        "summary/summary.json": {
            "format": 1, "part": t("test"), "data": {"source": t("digits"), "shape": [1, 8, 8], "train": 1, "validation": 2, "test": 3},
            "model": {"variant": t(variant), "summary": t("layers"), "input": [1, 8, 8], "code": [4], "methods": [t("closed form")],
                      "parts": [{"part": t("backbone"), "kind": t("dense"), "summary": t("what"), "settings": {t("hidden"): [t("8")]}}],
                      "stack": [{"variant": t("layer"), "parts": []}]},
            "layers": [{"network": t("encoder"), "what": t("dense"), "output": [t("8")], "parameters": 5}],
            "parameters": [{"name": t("weight"), "shape": [t("8")], "count": 512}],
            "pictures": {name: {"what": t(name)} for name in pictures},
            "codes": {"rows": count, "axes": t("components"), "singular_values": [3, 2, 1, .5], "x": list(range(count)),
                      "y": [i * i % 7 for i in range(count)], "labels": [i % 3 for i in range(count)]},
            "jacobian": {"rows": 5, "singular_values": [2 * scale, 1, .1, .01]}},
        "log.txt": t("phase begins"),
    }


def put_run(folder, **options):
    files = run_files(**options)
    for name, value in files.items():
        if name == "metrics.jsonl":
            (folder / name).write_text("".join(json.dumps(line) + "\n" for line in value))
        elif name == "log.txt":
            (folder / name).write_text(value)
        else:
            put(folder / name, value)
    for name in files["summary/summary.json"]["pictures"]:
        (folder / "summary" / f"{name}.png").write_bytes(png())
    (folder / "images").mkdir()
    (folder / "images/codes-0001.png").write_bytes(png())


def comparison_results(variants=("pca", "dense", "sparse"), seeds=(1, 2), t=str, folder_of=str):
    def measure(name, better, factor):
        rows = []
        for i, variant in enumerate(variants):
            values = [factor * (i + 1 + seed / 10) for seed in seeds]
            mean = sum(values) / len(values)
            rows.append({"variant": t(variant), "n": len(values), "mean": mean, "deviation": .1, "interval": [mean - .05, mean + .05],
                         "worst": max(values), "best": i == 0, "values": values,
                         **({"against_baseline": {"n": 2, "mean": i - 1, "interval": [i - 1.1, i - .9], "p_holm": .01, "effect": 3.0}} if i != 1 else {})})
        claim = {"leader": None if better == "neither" else t(variants[0]), "level": "significant",
                 "sentence": t("the first leads."), "reason": t("The difference from every other variant is significant.")}
        return {"name": t(name), "definition": t("what it is"), "better": better, "version": 1, "claim": claim, "rows": rows}

    return {
        "format": 1, "name": t("which"), "seeds": list(seeds), "baseline": t(variants[1]), "part": t("test"), "significance": .05,
        "verdict": t("pca leads. one is better"), "summary": t("pca leads."), "details": [t("one is better")],
        "caveats": [t("few seeds")], "metric": t("reconstruction/mse"), "missing": [t("sparse/seed-9: failed")],
        "variants": [{"name": t(name), "settings": {t("model.code"): t("4")}, "closed_form": False,
                      "runs": [{"seed": seed, "id": f"{folder_of(name)}/seed-{seed}", "state": "completed", "message": t("fine"), "parameters": 50 * (i + 1),
                                "epochs": 5, "steps": 50, "seconds": i + seed} for seed in seeds]} for i, name in enumerate(variants)],
        "measures": [measure("reconstruction/mse", "lower", 1), measure("code/l0", "neither", 3), measure("probe/accuracy", "higher", .2)],
        "robustness": {"trained_with": [t(name) for name in variants], "tested_with": [t("clean"), t("masking")],
                       "mean": [[i + .1, i + .2] for i in range(len(variants))]},
    }


def put_comparison(folder, variants=("pca", "dense", "sparse"), seeds=(1, 2), t=str, folder_of=str):
    put(folder / "comparison.json", comparison_results(variants, seeds, t, folder_of))
    put(folder / "config.json", {"name": t("which"), "variants": [], t("key"): t("value")})
    put(folder / "environment.json", {t("aelab"): t("0.1.0")})
    for i, variant in enumerate(variants):
        for seed in seeds:
            put_run(folder / "runs" / folder_of(variant) / f"seed-{seed}", variant=variant, scale=i + 1 + seed / 10, t=t)


class Report(program.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser(browser.find())
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.browser.resize(1280)
        self.browser.media()

    def report(self, folder):
        result = program.run("report", folder, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        self.made = json.loads(result.stdout)
        return pathlib.Path(self.made["report"])

    def open(self, page):
        self.browser.open(page)
        self.assert_quiet()

    def assert_quiet(self):
        self.assertEqual(self.browser.messages, [])
        self.assertEqual(self.browser.requests, [])

    def assert_drawn(self, least):
        """At least so many charts, each with more than one colour on it."""
        blank = self.browser.run("""[...document.querySelectorAll("canvas")].filter((canvas) => {
            if (!canvas.width || !canvas.height) return true;
            const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
            return new Set(pixels).size < 8;
        }).map((canvas) => canvas.getAttribute("aria-label"))""")
        self.assertEqual(blank, [])
        self.assertGreaterEqual(self.browser.run('document.querySelectorAll("canvas").length'), least)

    def text(self, selector="main"):
        return self.browser.run(f"document.querySelector({json.dumps(selector)}).textContent")


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
        self.assertIn("aelab compare PAGE/config.json", self.text("#again"))
        broken = self.browser.run('[...document.images].filter((image) => !image.naturalWidth || !image.alt).length')
        self.assertEqual(broken, 0)

    def test_run(self):
        self.open(self.report(self.folder / "runs/small/1"))
        self.assertEqual(self.made["gaps"], [])
        self.assert_drawn(3)
        self.assertIn("two; broken lines show where one begins", self.text("#curves"))
        self.assertIn("squares", self.text("#measures"))

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

    def test_every_size_and_theme(self):
        for folder in ("comparisons/which", "runs/small/1", "."):
            page = self.report(self.folder / folder)
            for width, theme in ((1280, "dark"), (800, "light"), (360, "dark")):
                self.browser.media(theme)
                self.browser.resize(width)
                self.open(page)
                self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width, (folder, width))

    def test_printed_from_a_dark_screen_it_is_light(self):
        self.open(self.report(self.folder / "comparisons/which"))
        self.browser.media("dark")
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        ticks = self.browser.run("Chart.getChart(document.querySelector('canvas')).options.scales.x.ticks.color")
        self.assertEqual(ticks, "#5a616b")
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.browser.run("Chart.getChart(document.querySelector('canvas')).options.scales.x.ticks.color"), "#a2aab5")
        self.browser.pdf(self.folder / "page.pdf")
        self.assertGreater((self.folder / "page.pdf").stat().st_size, 20_000)
        self.assert_quiet()

    def test_tables_sort_by_keyboard(self):
        self.open(self.report(self.folder / "comparisons/which"))
        column = """[...document.querySelectorAll("#metric tbody tr")].map((row) => row.cells[2].textContent)"""
        self.assertEqual(self.browser.run(column), ["1.150", "2.150", "3.150"])
        self.browser.run("""[...document.querySelectorAll("#metric thead button")][2].focus()""")
        for kind in ("keyDown", "keyUp"):
            self.browser.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
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
    """Whatever is not there, or is from another version, the page says so and shows the rest."""

    def test_any_file_of_a_run(self):
        put_run(self.folder / "whole")
        names = [path.relative_to(self.folder / "whole") for path in sorted((self.folder / "whole").rglob("*")) if path.is_file()]
        self.assertGreater(len(names), 13)
        for name in names:
            shutil.copytree(self.folder / "whole", self.folder / "part")
            (self.folder / "part" / name).unlink()
            self.open(self.report(self.folder / "part"))
            if name.parts[0] != "images":
                self.assertEqual(self.made["gaps"], [f"{name}: is not there"])
                self.assertIn(f"{name}: is not there", self.text("#gaps"))
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
        self.assertIn("runs/pca/seed-1/config.json: is not there", self.text("#gaps"))

    def test_a_comparison_that_compared_nothing(self):
        put_comparison(self.folder / "which")
        for results in ({}, {"name": "which"}, {**comparison_results(), "measures": []}, {**comparison_results(), "variants": []},
                        {**comparison_results(), "metric": "other", "baseline": "nobody", "significance": None}):
            put(self.folder / "which/comparison.json", results)
            self.open(self.report(self.folder / "which"))

    def test_one_seed(self):
        put_comparison(self.folder / "which", seeds=(1,))
        results = comparison_results(seeds=(1,))
        for measure in results["measures"]:
            measure["claim"].update(level="not tested", reason="It needs at least two seeds.")
            for row in measure["rows"]:
                row.update(interval=None, deviation=None, best=False, against_baseline={"n": 1, "mean": 1, "p_holm": None})
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))
        self.assertIn("Not tested", self.text("#short"))
        self.assertIn("It needs at least two seeds.", self.text("#short"))

    def test_another_format_is_named(self):
        put_comparison(self.folder / "which")
        put(self.folder / "which/comparison.json", {**comparison_results(), "format": 0})
        self.open(self.report(self.folder / "which"))
        self.assertIn("comparison.json: is of format 0, this version writes 1", self.text("#gaps"))
        self.assert_drawn(7)


class Injection(Report):
    """Nothing that stands in a record can do more than be read. The policy is taken out of the page: what keeps
    texts texts is how they are put there."""

    def assert_harmless(self, page, *texts):
        content = page.read_text()
        self.assertEqual(content.count("Content-Security-Policy"), 1)
        page.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", content))
        self.open(page)
        self.browser.run("for (const node of document.querySelectorAll('details')) node.open = true")
        self.browser.settle()
        self.assert_quiet()
        self.assertIsNone(self.browser.run(f"globalThis.{MARK} ?? null"))
        foreign = self.browser.run("""[...document.querySelectorAll("*")].filter((node) =>
            /^(iframe|object|embed|base|form|svg|math|video|audio|frame|template|marquee)$/i.test(node.tagName) ||
            [...node.attributes].some(({ name }) => /^on/i.test(name) || name === "srcdoc") ||
            (node.src && !node.src.startsWith("data:image/png;base64,")) ||
            (node.href && !/^(file:|#|data:,$)/.test(node.getAttribute("href").startsWith("#") ? "#" : node.href))).length""")
        self.assertEqual(foreign, 0)
        self.assertEqual(self.browser.run("document.scripts.length"), 3)
        shown = self.text()
        for text in texts:
            self.assertTrue(text in shown, f"{text!r} is not shown as it is")

    def test_all_payloads_in_every_text_of_a_run(self):
        self.assertEqual(len(set(PAYLOADS)), 100)
        for group in range(25):
            together = " ".join(PAYLOADS[group::25])
            folder = self.folder / str(group)
            put_run(folder, t=lambda text: text + together)
            self.assert_harmless(self.report(folder), *(name + together for name in ("squares", "closed form", "weight")))

    def test_all_payloads_in_every_text_of_a_comparison(self):
        for group in range(4):
            together = " ".join(PAYLOADS[group::4])
            put_comparison(self.folder / str(group), t=lambda text: text + together)
            folder = self.folder / str(group)
            results = comparison_results(t=lambda text: text + together)
            put(folder / "comparison.json", results)
            self.assert_harmless(self.report(folder), f"one is better{together}", f"what it is{together}")

    def test_all_payloads_as_names_of_folders(self):
        names = [payload.replace("/", "\u2215").replace("\0", "")[:120] for payload in PAYLOADS]
        names = [name for name in dict.fromkeys(names) if name.strip(".")]
        for name in names:
            put_run(self.folder / "root" / name / "1", epochs=2)
        self.assert_harmless(self.report(self.folder / "root"), *names)
        links = self.browser.run("[...document.querySelectorAll('tbody a')].map((link) => link.href)")
        self.assertEqual(len(links), len(names))
        root = (self.folder / "root").resolve().as_uri()
        for link in links:
            self.assertTrue(link.startswith(root + "/") and link.endswith("/1/report.html"), link)

    def test_the_policy_lets_no_other_script_run(self):
        put_run(self.folder / "1")
        page = self.report(self.folder / "1")
        page.write_text(page.read_text().replace("<noscript>", f"<script>{MARK} = 1</script><img src=x onerror='{MARK} = 1'><noscript>"))
        self.browser.open(page)
        self.assertIsNone(self.browser.run(f"globalThis.{MARK} ?? null"))
        self.assertTrue(any("Content Security Policy" in message for message in self.browser.messages))
        self.assertTrue(self.text("#measures"), "the page's own scripts run")


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
    if not browser.find():
        print("no Chromium is installed", file=sys.stderr)
        sys.exit(program.SKIPPED)
    program.main()
