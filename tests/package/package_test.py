"""aelab as a library: installed, found by find_package and as a subdirectory, with kinds that it does not have."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import program

BUILD = pathlib.Path(program.PROGRAM).parent
PROJECT = program.SOURCE / "experiments/your-own"


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def cache_of(build):
    lines = (build / "CMakeCache.txt").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith(("#", "//")))


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="aelab-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)

    def configure(self, source, name, *arguments):
        build = self.folder / name
        settings = [f"-D{key}={value}" for key, value in {"CMAKE_BUILD_TYPE": "Release", **self.launcher()}.items()]
        run("cmake", "-S", source, "-B", build, "-G", "Ninja", *settings, *arguments)
        return build

    def launcher(self):
        """ccache, where this build uses it."""
        known = cache_of(BUILD).get("AELAB_CCACHE:FILEPATH", "")
        return {"CMAKE_CXX_COMPILER_LAUNCHER": known} if os.path.exists(known) else {}

    def test_a_project_of_its_own_finds_the_installed_library(self):
        build = self.configure(PROJECT, "found", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.assertEqual(cache_of(build)["aelab_DIR:PATH"], str(self.prefix / "lib/cmake/aelab"))
        run("cmake", "--build", build, "--target", "your-own", "-j", "2")
        listed = json.loads(run(build / "your-own", "list", "--json"))
        for kinds, name in {"variants": "shrinking", "data": "waves", "callbacks": "stop-when-good", "metrics": "symmetry"}.items():
            self.assertIn(name, [kind["name"] for kind in listed[kinds]])

    def test_another_version_is_refused(self):
        source = self.folder / "newer"
        source.mkdir()
        (source / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\nfind_package(aelab 0.2 REQUIRED)\n")
        with self.assertRaisesRegex(AssertionError, "0.1.0"):
            self.configure(source, "newer-build", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_project_of_its_own_adds_the_sources(self):
        source = self.folder / "adds"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\nadd_subdirectory({program.SOURCE} aelab)\n"
            f"add_executable(own {PROJECT}/main.cc {PROJECT}/own.cc)\ntarget_link_libraries(own PRIVATE aelab::aelab)\n"
        )
        torch = cache_of(BUILD)["CMAKE_PREFIX_PATH:UNINITIALIZED"]
        build = self.configure(source, "adds-build", f"-DCMAKE_PREFIX_PATH={torch}")
        targets = run("cmake", "--build", build, "--target", "help")
        self.assertIn("aelab_models", targets)
        self.assertNotIn("models_tests", targets)

    def test_the_installed_program_works(self):
        self.assertIn("0.1.0", run(self.prefix / "bin/aelab", "--version"))
        self.assertTrue((self.prefix / "share/aelab/data/digits/digits.csv.gz").exists())


class YourOwn(program.TestCase):
    """The commands of experiments/your-own, from this build."""

    PROGRAM = BUILD / "experiments/your-own/your-own"

    def run_own(self, *arguments):
        result = program.finish(
            subprocess.Popen(
                [self.PROGRAM, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=program.environment(),
                cwd=self.folder,
            )
        )
        self.assertEqual(result.code, 0, result.stderr)
        return result.stdout

    def test_run_resume_schema_describe_and_compare(self):
        folder = self.folder / self.run_own("run", PROJECT / "run.json").splitlines()[-1]
        self.assertIn("symmetry/distance", program.read_json(folder / "evaluation.json")["metrics"])
        self.assertIn("is good enough", (folder / "log.txt").read_text())
        self.run_own("resume", folder)
        self.assertIn('"shrinking"', self.run_own("schema", "run"))
        self.assertIn("strength", self.run_own("describe", "models", "shrinking"))
        self.run_own("compare", PROJECT / "comparison.json")
        table = (self.folder / "comparisons/your-own/table.csv").read_text()
        self.assertIn("symmetry/distance", table)
        self.assertIn("shrinking", table)

    def test_the_plain_loop_learns(self):
        said = run(self.PROGRAM.with_name("plain-loop"), env=program.environment())
        self.assertLess(float(said.split()[-1]), 0.03)


if __name__ == "__main__":
    program.main()
