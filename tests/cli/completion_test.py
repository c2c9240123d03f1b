"""Tab completion, asked of the shells themselves, and the manual page, read by troff."""

import json
import os
import re
import shutil
import subprocess
import unittest

import program
from program import small_run, write_json

PATH = os.pathsep.join([os.path.dirname(program.PROGRAM), os.environ["PATH"]])


def listed(text, section):
    """The names of a section of a help screen."""
    lines = text.split(f"\n{section}:\n")[1].split("\n\n")[0].splitlines()
    return [line.split()[0].rstrip(",") for line in lines if line.startswith("  ") and line[2] != " "]


def long_options(command):
    return set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", program.run(*command, "--help").stdout, re.M))


class Shell(program.TestCase):
    """`complete(line)` is what a shell offers in place of the last word of a line."""

    def setUp(self):
        super().setUp()
        self.file = write_json(self.folder / "sparse.json", small_run(model={"variant": "sparse", "code": 8}))
        (self.folder / "a folder").mkdir()
        (self.folder / "runs/small/1/checkpoints").mkdir(parents=True)
        for name in "config.json", "status.json", "checkpoints/best.safetensors", "checkpoints/last.safetensors":
            (self.folder / "runs/small/1" / name).write_text("{}")
        for shell in "bash", "zsh", "fish":
            (self.folder / f"completion.{shell}").write_text(program.run("completion", shell).stdout)

    def shell(self, command, script, **options):
        return subprocess.run(
            [*command, script],
            cwd=self.folder,
            env=program.environment(PATH=PATH, HOME=str(self.folder)),
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )


class Candidates:
    """What every shell must offer."""

    def test_commands(self):
        self.assertEqual(set(self.complete("aelab ")) - {"--help", "--version"}, set(listed(program.run("--help").stdout, "Commands")))
        self.assertEqual(self.complete("aelab inter"), ["interpolate"])

    def test_options_of_every_command(self):
        for command in listed(program.run("--help").stdout, "Commands"):
            with self.subTest(command):
                self.assertLessEqual(long_options([command]), set(self.complete(f"aelab {command} --")))

    def test_values_of_options(self):
        self.assertEqual(set(self.complete("aelab apply x --format ")), {"npy", "csv", "png"})
        self.assertEqual(self.complete("aelab apply x --format p"), ["png"])
        self.assertIn("fashion-mnist", self.complete("aelab evaluate x --data fas"))
        self.assertEqual(self.complete("aelab resume runs/small/1 --checkpoint "), ["best", "last"])

    def test_arguments(self):
        self.assertEqual(self.complete("aelab describe optimizers ada"), ["adadelta", "adam", "adamw"])
        self.assertIn("callbacks", self.complete("aelab list "))
        self.assertEqual(self.complete("aelab schema c"), ["comparison"])
        self.assertIn("runs/small/1", [path.rstrip("/") for path in self.complete("aelab resume runs/small/")])
        self.assertIn("sparse.json", self.complete("aelab run "))

    def test_overrides_follow_the_schema_and_the_file(self):
        kinds = json.loads(program.run("describe", "variants", "sparse", "--json").stdout)["properties"]
        offered = {name.rstrip("=.[0]") for name in self.complete("aelab run sparse.json model.")}
        self.assertLessEqual(set(kinds), {name.split(".")[1] for name in offered})
        self.assertIn("training.", self.complete("aelab run sparse.json tr"))


class Bash(Shell, Candidates):
    def complete(self, line):
        """As readline does it: words cut at blanks, = and : too, and COMPREPLY for the last of them."""
        words = re.findall(r"[^\s=:]+|[=:]", line)
        if line.endswith(" "):
            words.append("")
        script = f"""
source ./completion.bash
COMP_WORDS=({' '.join("'" + word + "'" for word in words)}) COMP_CWORD={len(words) - 1} COMP_LINE='{line}' COMP_POINT={len(line)}
compopt() {{ :; }}
_aelab
((${{#COMPREPLY[@]}})) && printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        result = self.shell(["bash", "--norc", "-euo", "pipefail", "-c"], script + "true")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return sorted(result.stdout.splitlines())

    def test_values_of_overrides(self):
        self.assertEqual(self.complete("aelab run sparse.json model.sparsity="), ["k-sparse", "kl", "l1"])
        self.assertEqual(self.complete("aelab run sparse.json model.per_channel=t"), ["true"])
        self.assertEqual(self.complete("aelab run sparse.json model.variant=contr"), ["contractive"])
        self.assertEqual(self.complete("aelab run sparse.json callbacks[0].kind=early"), ["early-stopping"])
        self.assertIn("model.hessian_weight=", self.complete("aelab run sparse.json model.variant=contractive model.h"))
        self.assertNotIn("model.sparsity=", self.complete("aelab run sparse.json model.variant=dense model."))
        self.assertIn("training.optimizer.learning_rate=", self.complete("aelab run sparse.json training.optimizer.lea"))
        self.assertIn("training.optimizer.momentum=", self.complete("aelab run sparse.json training.optimizer.kind=sgd training.optimizer."))
        self.assertEqual(self.complete("aelab apply x --format="), ["csv", "npy", "png"])
        self.assertLessEqual({"code,error", "code,reconstruction"}, set(self.complete("aelab apply x --write code,")))
        self.assertEqual(self.complete("aelab apply x --write code,co"), [])

    def test_a_file_that_cannot_be_read_gives_the_general_keys(self):
        (self.folder / "broken.json").write_text("{")
        for file in "missing.json", "broken.json":
            self.assertIn("training.", self.complete(f"aelab run {file} "))

    def test_runs_of_a_comparison(self):
        write_json(
            self.folder / "c.json",
            {"base": {"data": "digits", "model": "dense"}, "seeds": [1, 2], "variants": [{"name": "a"}, {"name": "b", "set": {"model.code": 3}}]},
        )
        self.assertEqual(self.complete("aelab compare c.json --only "), ["a/seed-1", "a/seed-2", "b/seed-1", "b/seed-2"])

    def test_names_of_files_with_spaces(self):
        self.assertIn("a folder", self.complete("aelab report "))


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(Shell, Candidates):
    """compadd and _describe are watched: what they are given is what zsh shows."""

    def complete(self, line):
        words = line.split(" ")
        script = f"""
function compdef {{ :; }}
function compadd {{
  local -a rest=("$@")
  while [[ $rest[1] == -* && $rest[1] != -- ]]; do [[ $rest[1] == -S ]] && shift rest; shift rest; done
  [[ $rest[1] == -- ]] && shift rest
  print -rl -- $rest
}}
function _describe {{ print -rl -- ${{${{(P)2}}%%:*}}; }}
function _files {{ [[ $1 == -/ ]] && print -rl -- *(N/) || print -rl -- *(N); }}
source ./completion.zsh
words=({' '.join("'" + word + "'" for word in words)}) CURRENT={len(words)}
_aelab
true
"""
        result = self.shell(["zsh", "-f", "-c"], script)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return sorted(name for name in result.stdout.splitlines() if name.startswith(words[-1]))


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(Shell, Candidates):
    def complete(self, line):
        script = f"source ./completion.fish; complete --do-complete '{line}'"
        result = self.shell(["fish", "--no-config", "-c"], script)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return sorted(line.split("\t")[0] for line in result.stdout.splitlines())


class Manual(program.TestCase):
    def test_it_has_every_command_and_option(self):
        page = program.run("manual").stdout.replace("\\-", "-")
        for command in listed(program.run("--help").stdout, "Commands"):
            section = page.split(f'.SS "aelab {command}')[1].split("\n.SS")[0]
            for option in long_options([command]) - {"--help"}:
                self.assertIn(option, section)

    def test_formatters_find_nothing_wrong(self):
        page = program.run("manual").stdout
        (self.folder / "aelab.1").write_text(page)
        for checker in (["mandoc", "-Tlint", "-Wwarning"], ["groff", "-man", "-Tutf8", "-ww", "-z"]):
            if shutil.which(checker[0]):
                with self.subTest(checker):
                    result = subprocess.run([*checker, self.folder / "aelab.1"], capture_output=True, text=True)
                    said = [line for line in (result.stdout + result.stderr).splitlines() if "missing date" not in line]
                    self.assertEqual((said), [])

    def test_it_reads_as_the_help_does(self):
        if not shutil.which("man"):
            self.skipTest("man is not installed")
        (self.folder / "aelab.1").write_text(program.run("manual").stdout)
        shown = subprocess.run(
            ["man", "-P", "cat", "-l", self.folder / "aelab.1"], capture_output=True, text=True, env=program.environment(MANWIDTH="80", LC_ALL="C.UTF-8")
        ).stdout
        shown = re.sub(r".\x08|\x1b\[[\d;]*m", "", shown)
        self.assertIn("--metrics METRICS", shown)
        self.assertIn("""'{"source": "csv", """, shown)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)


class Installed(program.TestCase):
    def test_an_installation_has_the_scripts_and_the_page(self):
        prefix = self.folder / "prefix"
        build = os.path.dirname(program.PROGRAM)
        subprocess.run(["cmake", "--install", build, "--prefix", prefix, "--component", "shell"], check=True, capture_output=True)
        for path, printed in {
            "bash-completion/completions/aelab": ["completion", "bash"],
            "zsh/site-functions/_aelab": ["completion", "zsh"],
            "fish/vendor_completions.d/aelab.fish": ["completion", "fish"],
            "man/man1/aelab.1": ["manual"],
        }.items():
            with self.subTest(path):
                self.assertEqual((prefix / "share" / path).read_text(), program.run(*printed).stdout)


if __name__ == "__main__":
    program.main()
