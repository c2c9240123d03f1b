"""Pages are closed to whatever is written in the records."""

import re

import report
from payloads import PAYLOADS
from records import comparison_results, dictionary_measures, put, put_comparison, put_run
from report import Report

MARK = "hacked"  # what a payload that runs would set


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
            self.assert_harmless(self.report(folder), *(name + together for name in ("squares", "closed form", "weight", "the first 1000 of 5000 rows", "share of rows")))

    def test_all_payloads_in_every_text_of_a_comparison(self):
        for group in range(4):
            together = " ".join(PAYLOADS[group::4])
            put_comparison(self.folder / str(group), t=lambda text: text + together)
            folder = self.folder / str(group)
            results = comparison_results(t=lambda text: text + together)
            results["measures"] += dictionary_measures(("pca", "dense", "sparse"), t=lambda text: text + together)
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

if __name__ == "__main__":
    report.main()
