"""Headless Chromium, controlled over a pipe: https://chromedevtools.github.io/devtools-protocol/

python3 browser.py PAGE PICTURE WIDTH HEIGHT takes a picture of the top of a page.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find():
    """The browser's path; None where there is none."""
    return os.environ.get("AELAB_BROWSER") or next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One tab. `messages` is what the console, the page's policy or an exception said, `requests` what was asked for
    beside the page itself and data: addresses."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(prefix="aelab-browser-", ignore_cleanup_errors=True)
        read_end, browser_writes = os.pipe()
        browser_reads, self.write_end = os.pipe()
        os.set_inheritable(browser_reads, True)
        os.set_inheritable(browser_writes, True)
        # The browser reads commands from descriptor 3 and answers on 4.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec 3<&{browser_reads} 4>&{browser_writes}; exec "$@"', "sh", program,
             "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-background-networking",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "LANG": "C.UTF-8"})
        os.close(browser_reads)
        os.close(browser_writes)
        self.answers = os.fdopen(read_end, "rb")
        self.number, self.rest, self.session = 0, b"", None
        self.messages, self.requests, self.loaded = [], [], False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self):
        os.close(self.write_end)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.answers.close()
        self.profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next_answer()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def next_answer(self):
        while b"\0" not in self.rest:
            more = self.answers.read1(1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        one, self.rest = self.rest.split(b"\0", 1)
        answer = json.loads(one)
        self.note(answer.get("method"), answer.get("params", {}))
        return answer

    def note(self, event, what):
        if event == "Runtime.consoleAPICalled":
            self.messages.append(" ".join(str(part.get("value", part.get("description"))) for part in what["args"]))
        elif event == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Log.entryAdded":
            self.messages.append(f"{what['entry']['source']}: {what['entry']['text']}")
        elif event == "Page.javascriptDialogOpening":
            self.messages.append(f"dialog: {what['message']}")
            self.number += 1
            os.write(self.write_end, json.dumps({"id": self.number, "method": "Page.handleJavaScriptDialog",
                                                 "params": {"accept": True}, "sessionId": self.session}).encode() + b"\0")
        elif event == "Network.requestWillBeSent":
            address = what["request"]["url"]
            if not address.startswith("data:") and address != self.address:
                self.requests.append(address)
        elif event == "Page.loadEventFired":
            self.loaded = True

    address = "about:blank"

    def open(self, path):
        """Until the page is loaded, and has drawn itself twice."""
        self.address = pathlib.Path(path).resolve().as_uri()
        self.loaded, self.messages, self.requests = False, [], []
        self.ask("Page.navigate", url=self.address)
        end = time.monotonic() + 60
        while not self.loaded:
            if time.monotonic() > end:
                raise RuntimeError(f"{path} does not load")
            self.next_answer()
        self.settle()

    def settle(self):
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")

    def run(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "failed"))
        return result["result"].get("value")

    def resize(self, width, height=900, scale=1):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        self.settle()

    def media(self, theme="light", media=""):
        """Without smooth scrolling, which tests would have to wait for."""
        self.ask("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.settle()

    def picture(self, path, clip=None):
        """A PNG file of the whole page, or of {x, y, width, height, scale}."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = clip or {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def pdf(self, path):
        data = self.ask("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


if __name__ == "__main__":
    page, image, width, height = sys.argv[1:]
    with Browser(find()) as tab:
        tab.resize(int(width), int(height))
        tab.open(page)
        tab.picture(image, {"x": 0, "y": 0, "width": int(width), "height": int(height), "scale": 1})
