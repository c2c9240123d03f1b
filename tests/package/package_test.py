"""aelab as a library: installed, found by find_package and as a subdirectory, with types that it does not have."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import program

BUILD = pathlib.Path(program.PROGRAM).parent
PROJECT = program.SOURCE / "experiments/your-own"
QUICK = ["EveryConfig/*", "EveryVariant.Maps*", "EverySource.*", "EveryCallback.DoesWithout*", "EveryMetric.IsFinite*"]
OWN = {"variants": "shrinking", "data": "waves", "callbacks": "stop-when-good", "metrics": "symmetry"}


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def cache_of(build):
    lines = (build / "CMakeCache.txt").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith(("#", "//")))


def libtorch_of_this_build():
    """Arguments with which another build folder finds it."""
    return [f"-D{key}={value}" for key, value in cache_of(BUILD).items() if key.startswith(("CMAKE_PREFIX_PATH:", "Torch_DIR:"))]


def is_within(path, *folders):
    path = pathlib.Path(path).resolve()
    return any(path.is_relative_to(pathlib.Path(folder).resolve()) for folder in folders)


def libraries_of(binary):
    """Where the loader finds each library that the program needs, itself or by others."""
    lines = run("ldd", binary, env={}).splitlines()
    missing = [line for line in lines if "not found" in line]
    assert not missing, f"{binary}: {missing}"
    return {name.strip(): place.split(" (")[0] for name, place in (line.split(" => ") for line in lines if " => " in line)}


class Installed(program.TestCase):
    """cmake --install, with LibTorch copied or not."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="aelab-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.shared = pathlib.Path(temporary.name)

    @staticmethod
    @functools.cache
    def install(mode):
        """What this build made, as if it had been configured with that mode: its prefix, and what was printed."""
        build, prefix = Installed.shared / f"build-{mode}", Installed.shared / f"prefix-{mode}"
        run("cmake", "-S", program.SOURCE, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DAELAB_TESTS=OFF",
            "-DAELAB_EXPERIMENTS=OFF", f"-DAELAB_INSTALL_LIBTORCH={mode}", *libtorch_of_this_build())
        for made in (*BUILD.glob("*.a"), BUILD / "aelab"):
            shutil.copy(made, build)
        return prefix, run("cmake", "--install", build, "--prefix", prefix)

    def test_its_own_libtorch_and_data_move_with_it(self):
        prefix, said = Installed.install("ON")
        self.assertIn("It holds a copy of LibTorch", said)
        moved = prefix.rename(self.shared / "moved")
        self.addCleanup(moved.rename, prefix)
        libraries = libraries_of(moved / "bin/aelab")
        for name, place in libraries.items():
            if name.startswith(("libtorch", "libc10", "libgomp")):
                self.assertTrue(is_within(place, moved), place)
            self.assertFalse(is_within(place, program.SOURCE, program.SOURCE / "build", program.SOURCE / "build/python", BUILD), place)
        file = program.write_json(self.folder / "run.json", program.small_run(training={"epochs": 1}))
        folder = run(moved / "bin/aelab", "run", "--quiet", file, cwd=self.folder, env={}).splitlines()[-1]
        origin = program.read_json(self.folder / folder / "data.json")["origin"]
        self.assertTrue(is_within(origin, moved), origin)

    def test_nothing_in_it_names_the_checkout(self):
        prefix, _ = Installed.install("ON")
        places = [str(place).encode() for place in {program.SOURCE, program.SOURCE.resolve(), BUILD, BUILD.resolve()}]
        for path in prefix.rglob("*"):
            if path.is_file() and path.suffix in (".cmake", ".h", ".cc"):
                content = path.read_bytes()
                for place in places:
                    self.assertNotIn(place, content, path)

    def test_a_libtorch_elsewhere_is_recorded_where_it_is(self):
        prefix, said = Installed.install("OFF")
        self.assertIn("It uses LibTorch", said)
        self.assertEqual(list((prefix / "lib/aelab").rglob("libtorch*")), [])
        place = libraries_of(prefix / "bin/aelab")["libtorch_cpu.so"]
        self.assertFalse(is_within(place, prefix), place)
        config = (prefix / "lib/cmake/aelab/aelabConfig.cmake").read_text()
        hint = re.search(r'AELAB_TORCH_HINT "([^"]*)"', config)[1]
        self.assertTrue(os.path.isabs(hint) and os.path.exists(f"{hint}/TorchConfig.cmake"), hint)

    def test_one_inside_the_checkout_is_copied_by_itself(self):
        place = libraries_of(BUILD / "aelab")["libtorch_cpu.so"]
        inside = is_within(place, program.SOURCE, program.SOURCE / "build", program.SOURCE / "build/python")
        self.assertEqual((Installed.install("AUTO")[0] / "lib/aelab").exists(), inside)


class Found(unittest.TestCase):
    """Other projects that use aelab, installed or as a subdirectory."""

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
        """ccache, where this build uses it; what it keeps does not depend on where the temporary folder is."""
        known = cache_of(BUILD).get("AELAB_CCACHE:FILEPATH", "")
        if not os.path.exists(known):
            return {}
        return {"CMAKE_CXX_COMPILER_LAUNCHER": f"cmake;-E;env;CCACHE_BASEDIR={self.folder};CCACHE_NOHASHDIR=1;{known}"}

    def test_a_project_of_its_own_finds_the_installed_library(self):
        build = self.configure(PROJECT, "found", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.assertEqual(cache_of(build)["aelab_DIR:PATH"], str(self.prefix / "lib/cmake/aelab"))
        run("cmake", "--build", build, "-j", "2")
        listed = json.loads(run(build / "your-own", "list", "--json"))
        for kind, name in OWN.items():
            self.assertIn(name, [registered["name"] for registered in listed[kind]])
        self.check_data_of(build / "plain-loop")
        self.check_contract_tests(build / "your-own-tests")

    def check_data_of(self, loop):
        """Digits are in the installation and nowhere else: the folder's name in the program proves that."""
        self.assertLess(float(run(loop, cwd=self.folder, env={"OMP_NUM_THREADS": "1"}).split()[-1]), 0.03)
        content = loop.read_bytes()
        self.assertIn(f"{self.prefix}/share/aelab/data".encode(), content)
        self.assertNotIn(f"{program.SOURCE}/data".encode(), content)

    def check_contract_tests(self, tests):
        """They see what the project registers, beside what aelab has. This runs the quick ones over the registries that it
        adds to; contract_tests has run all of them for aelab's own types."""
        self.assertGreater(run(tests, "--gtest_list_tests").count("\n  "), 50)
        suites = "--gtest_filter=" + ":".join(QUICK)
        chosen = run(tests, suites, "--gtest_list_tests").count("\n  ")
        said = run(tests, suites, env=program.environment())
        for example in ("variant shrinking", "variant pca", "source waves", "callback stop-when-good", "metric symmetry"):
            self.assertIn(f"{example}, example 0", said)
        self.assertIn(f"[  PASSED  ] {chosen} tests", said)

    def test_another_version_is_refused(self):
        self.assert_refused("find_package(aelab 0.2 REQUIRED)", "0.1.0")

    def test_an_unknown_component_is_refused(self):
        self.assert_refused("find_package(aelab REQUIRED COMPONENTS python)", "no component python: the only one is contract_tests")

    def test_another_libtorch_is_refused(self):
        """The library was compiled with the headers of one version."""
        other = self.folder / "torch/share/cmake/Torch"
        other.mkdir(parents=True)
        (other / "TorchConfig.cmake").touch()
        (other / "TorchConfigVersion.cmake").write_text('set(PACKAGE_VERSION "99.1.0")\n')
        self.assert_refused("find_package(aelab REQUIRED)", r"was built with LibTorch [\d.]+, and \S+ is 99.1.0", f"-DTorch_DIR={other}")

    def assert_refused(self, command, expected, *arguments):
        source = self.folder / "refused"
        source.mkdir(exist_ok=True)
        (source / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\n{command}\n")
        with self.assertRaises(AssertionError) as refusal:
            self.configure(source, f"{self._testMethodName}-build", f"-DCMAKE_PREFIX_PATH={self.prefix}", *arguments)
        self.assertRegex(" ".join(str(refusal.exception).split()), expected)  # CMake breaks lines

    def test_a_project_of_its_own_adds_the_sources(self):
        source = self.folder / "adds"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\nadd_subdirectory({program.SOURCE} aelab)\n"
            f"add_subdirectory({PROJECT} own)\n"
        )
        build = self.configure(source, "adds-build", *libtorch_of_this_build())
        targets = run("cmake", "--build", build, "--target", "help")
        for target in ("aelab_models", "your-own", "your-own-tests"):
            self.assertIn(target, targets)
        self.assertNotIn("models_tests", targets)


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
