"""tests/skips.py sees each way in which a test is skipped, in what this machine's ctest records."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import program

SUITE = r"""[ RUN      ] A.A\n[       OK ] A.A (0 ms)\n[ RUN      ] A.B\nx.cc:3: Skipped\nno oneDNN\n\n[  SKIPPED ] A.B (0 ms)
[ RUN      ] A.C\n[  SKIPPED ] A.C (0 ms)\n[  PASSED  ] 1 test.\n[  SKIPPED ] 2 tests, listed below:\n[  SKIPPED ] A.B\n[  SKIPPED ] A.C\n"""
TESTS = {
    "runs": "echo ran",
    "script": "echo 'no clients'; exit 77",
    "nn.A": f"printf '{SUITE}'",
    "methods": "echo '[  SKIPPED ] Disk.test_full: may not mount'; echo '[  SKIPPED ] Disk.test_slow: no disk'; echo 'OK (skipped=2)'",
    "unittest": "echo 'OK (failures=0, skipped=3)'",
    "disabled": "true",
}
SKIPPED = [
    "skipped: script: no clients",
    "skipped: nn.A.B: no oneDNN",
    "skipped: nn.A.C: no reason is given",
    "skipped: methods:Disk.test_full: may not mount",
    "skipped: methods:Disk.test_slow: no disk",
    "skipped: unittest: 3 of its tests, for reasons that it does not print",
    "skipped: disabled: Disabled",
]


class Skips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="aelab-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        lines = ["cmake_minimum_required(VERSION 3.25)", "project(x NONE)", "enable_testing()"]
        lines += [f'add_test(NAME {name} COMMAND sh -c [[{command}]])' for name, command in TESTS.items()]
        lines += [
            "set_tests_properties(script PROPERTIES SKIP_RETURN_CODE 77)",
            "set_tests_properties(disabled PROPERTIES DISABLED ON)",
        ]
        (cls.folder / "CMakeLists.txt").write_text("\n".join(lines))
        subprocess.run(["cmake", "-S", cls.folder, "-B", cls.folder], check=True, capture_output=True)
        subprocess.run(
            ["ctest", "--test-dir", cls.folder, "--output-junit", "tests.xml", "--test-output-size-passed", "100000"],
            check=True, capture_output=True)
        cls.skips, cls.permitted = cls.folder / "skips.py", cls.folder / "permitted-skips.txt"
        cls.skips.write_text((program.SOURCE / "tests/skips.py").read_text())

    def check(self, permitted, *options):
        self.permitted.write_text(permitted)
        return subprocess.run(
            [sys.executable, self.skips, *options, self.folder / "tests.xml"], capture_output=True, text=True)

    def test_each_is_named_with_its_reason(self):
        result = self.check("# none\n")
        self.assertEqual((result.returncode, result.stdout.splitlines()), (0, SKIPPED), result.stderr)

    def test_one_that_is_not_permitted_fails(self):
        result = self.check("script  reason\nnn.A.B  reason\nnn.A.C  reason\nunittest  reason\ndisabled  reason\nmethods:Disk.test_full  reason\n", "--strict")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.splitlines()[0], "skipped: methods:Disk.test_slow: no disk")

    def test_all_permitted(self):
        names = [line.split(": ")[1] for line in SKIPPED]
        result = self.check("".join(f"{name}  a reason\n" for name in names), "--strict")
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_a_permission_has_a_reason(self):
        result = self.check("script\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("script has no reason", result.stderr)


class Reported(program.TestCase):
    def test_methods_are_reported(self):
        script = self.folder / "some_test.py"
        script.write_text(
            f"import sys, unittest\nsys.path.insert(0, {str(program.SOURCE / 'tests/cli')!r})\nimport program\n"
            "class Some(unittest.TestCase):\n"
            "    def test_a(self): pass\n"
            "    def test_b(self): self.skipTest('no b')\n"
            "    @unittest.skip('never')\n"
            "    def test_c(self): pass\n"
            "    def test_d(self):\n"
            "        with self.subTest('d'): self.skipTest('no d')\n"
            "program.main()\n")
        result = subprocess.run([sys.executable, script], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(result.stdout.splitlines()), [
            "[  SKIPPED ] Some.test_b: no b", "[  SKIPPED ] Some.test_c: never", "[  SKIPPED ] Some.test_d: no d"])


if __name__ == "__main__":
    program.main()
