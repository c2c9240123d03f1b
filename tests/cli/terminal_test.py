"""What people see in a terminal: lines that fit, words that stay whole, and stdout and stderr that keep apart."""

import concurrent.futures
import json
import os
import re
import time
import unittest

import program
from program import small_run, write_json
from screen import OnTerminal, live_lines, width

SLOW = {"epochs": 60, "batch_size": 8}  # a second: the bar is drawn several times


def commands():
    """All commands that the program lists."""
    return re.findall(r"^  (\w+)  ", program.run("--help").stdout.split("Commands:")[1], re.M)


def registered():
    """(list, name) of every registered type."""
    lists = json.loads(program.run("list", "--json").stdout)
    return [(plural, kind["name"]) for plural, kinds in lists.items() for kind in kinds]


def all_screens():
    """The arguments of everything that prints a text to read."""
    screens = [["--help"], ["list"], ["doctor"]]
    screens += [[command, "--help"] for command in commands()]
    screens += [["list", plural] for plural in dict.fromkeys(plural for plural, _ in registered())]
    screens += [["describe", *names] for names in registered()]
    schema = json.loads(program.run("schema", "run").stdout)
    screens += [["describe", key] for key in ("run", "comparison", *schema["properties"])]
    return screens


def words(text):
    """In their order; the backslashes of broken command lines aside."""
    return [word for word in text.split() if word != "\\"]


class Texts(program.TestCase):
    def printed(self, arguments, columns=None):
        result = program.run(*arguments, columns=columns)
        self.assertEqual(result.code, 0, (arguments, result.stderr))
        return result.stdout

    def test_every_text_fits_80_columns_and_breaks_no_word(self):
        screens = all_screens()
        self.assertGreater(len(screens), 100)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            usual = dict(zip(map(tuple, screens), pool.map(self.printed, screens)))
            some = [screen for i, screen in enumerate(screens) if screen[0] != "describe" or i % 6 == 0]
            wide = dict(zip(map(tuple, some), pool.map(lambda screen: self.printed(screen, 100), some)))
        for screen, text in usual.items():
            with self.subTest(screen):
                self.assertLessEqual(max(width(line) for line in text.splitlines()), 80)
        for screen, wider in wide.items():
            with self.subTest(screen):
                text = usual[screen]
                self.assertLessEqual(max(width(line) for line in wider.splitlines()), 100)
                self.assertEqual(words(re.sub(r"\ntime .*", "", text)), words(re.sub(r"\ntime .*", "", wider)))
        self.assertTrue(any(usual[screen] != wider for screen, wider in wide.items()))

    def test_help_follows_the_terminal_up_to_100_columns(self):
        widest = {}
        for columns in 60, 80, 100, 200:
            code, screen = OnTerminal("compare", "--help", columns=columns).finish()
            self.assertEqual((code, screen.wraps), (0, 0))
            widest[columns] = max(width(line) for line in screen.lines)
        self.assertLess(widest[60], widest[80])
        self.assertLess(widest[80], widest[100])
        self.assertEqual(widest[100], widest[200])

    def test_help_of_a_command_is_the_same_however_it_is_asked_for(self):
        for command in commands():
            with self.subTest(command):
                self.assertEqual(program.run(command, "-h").stdout, program.run("help", command).stdout)
        self.assertEqual(program.run("help").stdout, program.run("--help").stdout)
        self.assert_refused(program.run("help", "rum"), 'unknown command "rum". Did you mean "run"?')

    def test_without_a_command_the_help_goes_to_stderr(self):
        result = program.run()
        self.assertEqual((result.code, result.stdout), (2, ""))
        self.assertEqual(result.stderr, program.run("--help").stdout)

    def test_errors_fit_the_terminal_and_stay_one_line_in_files(self):
        file = write_json(self.folder / "run.json", small_run(model={"variant": "dense", "likelihood": "bernouly"}))
        whole = program.run("run", file).stderr
        code, screen = OnTerminal("run", file, columns=40).finish()
        self.assertEqual(code, 2)
        self.assertEqual(whole.count("\n"), 1)
        self.assertEqual("".join("".join(screen.lines).split()), "".join(whole.split()))


class Progress(program.TestCase):
    def on_terminal(self, config, *arguments, **options):
        file = write_json(self.folder / "run.json", config)
        return OnTerminal("run", file, "--output", self.output, *arguments, **options)

    def test_the_bar_fits_every_terminal(self):
        for columns in 20, 40, 80, 200:
            with self.subTest(columns):
                terminal = self.on_terminal(small_run(training=SLOW), columns=columns)
                code, screen = terminal.finish()
                self.assertEqual(code, 0, terminal.shown)
                drawn = live_lines(terminal.shown)
                self.assertGreater(len(drawn), 3)
                for line in drawn:
                    self.assertLess(width(line), columns)
                    self.assertRegex(line, r"^epoch \d+.*\[[#.]{6,40}\]")
                if columns >= 80:
                    self.assertRegex(drawn[-1], r"\[[#.]+\]  \d+/\d+  loss \S+  \S+ steps/s  .* left$")

    def test_the_bar_follows_a_terminal_that_is_resized(self):
        terminal = self.on_terminal(small_run(training={**SLOW, "epochs": 2000}), columns=120)
        terminal.read(lambda shown: len(live_lines(shown)) > 3)
        self.assertGreater(max(width(line) for line in live_lines(terminal.shown)), 60)
        terminal.resize(40)
        time.sleep(0.3)
        terminal.read(lambda shown: True)
        before = len(terminal.shown)
        terminal.read(lambda shown: len(live_lines(shown[before:])) > 5)
        drawn = live_lines(terminal.shown[before:])
        terminal.process.terminate()
        terminal.finish()
        self.assertGreater(len(drawn), 5)
        self.assertLess(max(width(line) for line in drawn), 40)

    def test_names_count_by_the_columns_that_they_take(self):
        terminal = OnTerminal("data", '{"source": "csv", "files": "表.csv"}', columns=30, cwd=self.folder)
        (self.folder / "表.csv").write_text("a,b,種類\n0.1,0.2,漢字漢字漢字\n0.3,0.1,仮名仮名仮名\n")
        terminal.finish()
        terminal = OnTerminal(
            "data", '{"source": "csv", "files": "表.csv", "label": "種類"}', columns=32, cwd=self.folder
        )
        code, screen = terminal.finish()
        self.assertEqual((code, screen.wraps), (0, 0), terminal.shown)
        self.assertIn("漢字漢字漢字", "\n".join(screen.lines))

    def plain_lines(self, shown):
        self.assertNotIn("\r", shown)
        self.assertNotIn("\x1b", shown)
        return [line for line in shown.splitlines() if line.startswith("epoch")]

    def test_terminals_that_cannot_redraw_get_plain_lines(self):
        config = small_run(training={"epochs": 20})
        for variables in {"TERM": "dumb"}, {"TERM": ""}, {"TERM": None}:
            with self.subTest(variables):
                terminal = self.on_terminal(config, columns=200, environment=variables)
                self.assertEqual(terminal.finish()[0], 0)
                self.assertEqual(len(self.plain_lines(terminal.shown)), 20)

    def test_plain_and_quiet(self):
        config = small_run(training={"epochs": 20})
        terminal = self.on_terminal(config, "--plain", columns=200)
        self.assertEqual(terminal.finish()[0], 0)
        self.assertEqual(len(self.plain_lines(terminal.shown)), 20)
        terminal = self.on_terminal(config, "--quiet", stdout=False)
        self.assertEqual((terminal.finish()[0], terminal.shown), (0, ""))

    def test_resume_shows_progress_as_run_does(self):
        terminal = self.on_terminal(small_run(training={**SLOW, "epochs": 100000}), columns=200)
        folder = self.output / "small/1"

        def shows_epochs(shown):
            return shown.count("epoch") > 3

        def stop(stopped):
            stopped.process.terminate()
            self.assertEqual(stopped.finish()[0], 143)
            return stopped.shown

        terminal.read(shows_epochs)
        self.assertTrue(live_lines(stop(terminal)))
        terminal = OnTerminal("resume", folder, columns=200)
        terminal.read(shows_epochs)
        self.assertIn("\x1b[K", stop(terminal))
        terminal = OnTerminal("resume", folder, "--plain", columns=200)
        terminal.read(shows_epochs)
        self.assertGreaterEqual(len(self.plain_lines(stop(terminal))), 3)
        terminal = OnTerminal("resume", folder, "--quiet", columns=200)
        before = (folder / "metrics.jsonl").stat().st_size
        self.assertTrue(program.wait_for(lambda: (folder / "metrics.jsonl").stat().st_size > before))
        self.assertEqual(re.findall("epoch", stop(terminal)), [])

    def test_colors_are_never_printed(self):
        terminal = self.on_terminal(small_run(training=SLOW), environment={"NO_COLOR": "1"})
        terminal.finish()
        self.assertEqual(set(re.findall(r"\x1b\[[\d;]*[A-Za-z]", terminal.shown)), {"\x1b[K"})
        self.assertGreater(len(live_lines(terminal.shown)), 3)
        for arguments in ["--no-color", "list", "schedules"], ["list", "--no-color", "schedules"]:
            self.assertEqual(program.run(*arguments).stdout, program.run("list", "schedules").stdout)


class BothStreams(program.TestCase):
    """stdout and stderr of one terminal, pipe or file: no line begins within another."""

    COMPARISON = {
        "name": "small",
        "base": {
            "data": {"source": "digits", "train": 300, "validation": 100},
            "evaluation": ["reconstruction", "code", "accuracy", "robustness"],
        },
        "variants": [
            {"name": "pca", "set": {"model": {"variant": "pca", "code": 4}}},
            {"name": "a-variant-whose-name-is-quite-long-for-a-table", "set": {"model": {"variant": "dense", "code": 4}}},
            {
                "name": "diverging",
                "set": {
                    "model": {"variant": "dense", "code": 4, "likelihood": "gaussian"},
                    "training.optimizer": {"kind": "sgd", "learning_rate": 1e30},
                },
            },
        ],
        "seeds": [1, 2],
        "budget": {"steps": 60},
    }

    def test_a_run(self):
        file = write_json(self.folder / "run.json", small_run(training=SLOW))
        code, screen = OnTerminal("run", file, "--output", self.output).finish()
        self.assertEqual((code, screen.wraps), (0, 0))
        evaluated = program.run("evaluate", self.output / "small/1").stdout.splitlines()
        lines = [line.rstrip() for line in screen.lines]
        self.assertEqual(lines[-len(evaluated) - 2 : -2], evaluated)
        self.assertEqual(lines[-2:], [str(self.output / "small/1"), ""])
        for line in lines[: -len(evaluated) - 2]:
            self.assertRegex(line, r"^(epoch \d+/60  |  \S)")

    def test_a_comparison(self):
        """The table, and errors beside it, on a terminal, and in a file that takes both."""
        file = write_json(self.folder / "comparison.json", self.COMPARISON)
        for columns in 80, 60:
            with self.subTest(columns):
                output = self.folder / f"output-{columns}"
                code, screen = OnTerminal("compare", file, "--output", output, columns=columns).finish()
                self.assertEqual(code, 1)
                again = program.run("compare", output / "small", "--collect", columns=columns)
                expected = again.stdout.split("\nexcluded runs:")[0]  # paths follow, which may be wider
                self.assertIn(expected, "\n".join(screen.lines))
                for name in "pca", "a-variant-whose-name-is-quite-long-for-a-table":
                    self.assertIn(name, expected)
        with open(self.folder / "both", "w+b") as both:
            self.assertEqual(program.start("compare", output / "small", "--collect", stdout=both, stderr=both).wait(), 1)
            both.seek(0)
            mixed = both.read().decode()
        alone = program.run("compare", output / "small", "--collect")
        self.assertGreater(len(alone.stdout), 4096)
        self.assertEqual(mixed, alone.stdout + alone.stderr)

    def test_tables_break_no_number_and_no_word(self):
        file = write_json(self.folder / "comparison.json", self.COMPARISON)
        folder = self.output / "small"
        program.run("compare", file, "--output", self.output)
        tables = {}
        for columns in 50, 60, 80, 120, 1000:
            text = program.run("compare", folder, "--collect", columns=columns).stdout
            text = re.sub(r"\nexcluded runs:\n(  .*\n)+", "\n", text.split("report: ")[0])  # a line each where piped
            tables[columns] = set(words(text))
            for line in text.splitlines():
                if str(folder) not in line:
                    self.assertLessEqual(width(line), columns, line)
        for columns in 50, 60, 80, 120:
            self.assertEqual(tables[columns], tables[1000])


class Sources(unittest.TestCase):
    def test_everything_is_printed_by_core_terminal(self):
        """What goes around it may land in the live line, or be lost in silence."""
        prints = re.compile(r"fmt::print\(|std::c(?:out|err|log)\b|\bstderr\b|\bstdout\b|\bf?puts\(|\bf?printf\(")
        for path in sorted((program.SOURCE / "aelab").rglob("*.cc")) + sorted((program.SOURCE / "aelab").rglob("*.h")):
            if path.name.startswith("terminal."):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self.assertNotRegex(line.split("//")[0], prints, f"{path}:{number}")


if __name__ == "__main__":
    program.main()
