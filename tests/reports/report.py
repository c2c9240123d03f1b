"""What tests of pages share: `aelab report` and a browser that opens what it wrote."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import browser
import program


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
        """At least so many charts, each with more than one color on it."""
        blank = self.browser.run("""[...document.querySelectorAll("canvas")].filter((canvas) => {
            if (!canvas.width || !canvas.height) return true;
            const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
            return new Set(pixels).size < 8;
        }).map((canvas) => canvas.getAttribute("aria-label"))""")
        self.assertEqual(blank, [])
        self.assertGreaterEqual(self.browser.run('document.querySelectorAll("canvas").length'), least)

    def assert_nothing_is_cut(self, page):
        """As wide as the window, whatever its width."""
        for width in (1440, 700, 390, 320):
            self.browser.resize(width)
            self.open(page)
            self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)

    def press(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            self.browser.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)
        self.browser.settle()

    def text(self, selector="#page"):
        return self.browser.run(f"document.querySelector({json.dumps(selector)}).textContent")


def main():
    if not browser.find():
        print("no Chromium is installed", file=sys.stderr)
        sys.exit(program.SKIPPED)
    program.main()
