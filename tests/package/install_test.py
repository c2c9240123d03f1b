"""third_party/install on this machine's Python, with a wheel that only looks like LibTorch, and no network."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import program

INSTALLER = (program.SOURCE / "third_party/install").read_text()
VERSION = re.search(r"^torch_version=(\S+)$", INSTALLER, re.MULTILINE)[1]
MINIMUM = re.search(r"^torch_minimum=(\S+)$", INSTALLER, re.MULTILINE)[1]
PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))

FILES = {
    "__init__.py": "",
    "include/ATen/ATen.h": "",
    "share/cmake/Torch/TorchConfig.cmake": 'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=1")\n',
    "share/cmake/Torch/TorchConfigVersion.cmake": 'set(PACKAGE_VERSION "{version}")\n',
}


def put_torch(folder, version):
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("{version}", version))


def put_wheel(folder, version):
    about = f"torch-{version}+cpu.dist-info"
    with zipfile.ZipFile(folder / f"torch-{version}+cpu-py3-none-any.whl", "w") as wheel:
        for name, content in FILES.items():
            wheel.writestr(f"torch/{name}", content.replace("{version}", version))
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}+cpu\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def put_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class Install(program.TestCase):
    def setUp(self):
        super().setUp()
        self.checkout, self.shims = self.folder / "check out", self.folder / "shims"
        (self.checkout / "third_party").mkdir(parents=True)
        shutil.copy(program.SOURCE / "third_party/install", self.checkout / "third_party")
        # dpkg says that all packages are there; python3 is a shim, which hides the packages of this machine.
        put_program(self.shims / "dpkg-query", f"tr -s ' =()' '\\n' <'{self.checkout}/third_party/install' | sed 's/^/installed /'")
        put_program(self.shims / "python3", f'exec "{PYTHON}" "$@"')

    def install(self, **environment):
        path = f"{self.shims}:{os.environ['PATH']}"
        quiet = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "CMAKE_PREFIX", "Torch_"))}
        return subprocess.run(
            [self.checkout / "third_party/install"], capture_output=True, text=True,
            env={**quiet, "PATH": path, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder), **environment})

    def prefix(self):
        return (self.checkout / "build/torch_prefix").read_text().strip()

    def test_the_first_call_finds_what_it_installs_behind_a_shim(self):
        put_wheel(self.folder, VERSION)
        result = self.install()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(os.path.exists(f"{self.prefix()}/Torch/TorchConfig.cmake"), result.stderr)
        if "trying pip" in result.stderr:  # this machine's Python has no torch
            self.assertIn(f"{self.checkout}/build/python/", self.prefix())
        again = self.install()
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_without_a_libtorch_it_says_what_to_do(self):
        put_program(self.shims / "python3", f'exec "{PYTHON}" -S "$@"')
        result = self.install(PIP_FIND_LINKS=str(self.shims))
        self.assertEqual(result.returncode, 1, result.stderr)
        for part in ("build/pip.log says why", f"torch=={VERSION}", "CMAKE_PREFIX_PATH="):
            self.assertIn(part, result.stderr)

    def test_the_given_libtorch_comes_first_and_an_old_one_is_refused(self):
        put_wheel(self.folder, VERSION)
        good, old = self.folder / "good", self.folder / "old"
        put_torch(good, MINIMUM + ".0")
        put_torch(old, "2.0.1")
        result = self.install(CMAKE_PREFIX_PATH=f"{old}:{good}", AELAB_ARROW="OFF")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"not using {old}: LibTorch 2.0.1 is older than {MINIMUM}", result.stderr)
        self.assertEqual(self.prefix(), str(good / "share/cmake"))
        self.assertFalse((self.checkout / "build/python").exists())

    def test_without_arrow_it_says_so_once_and_goes_on(self):
        good = self.folder / "good"
        put_torch(good, MINIMUM + ".0")
        for times_said in 1, 0:
            result = self.install(CMAKE_PREFIX_PATH=str(good))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count("going on without Arrow: Parquet files will not be read"), times_said)
            self.assertEqual(self.prefix(), str(good / "share/cmake"))

    def test_a_python_that_is_too_old_is_passed_over(self):
        put_wheel(self.folder, VERSION)
        put_program(self.shims / "python3", 'echo "Python 2.7" >&2; exit 1')
        put_program(self.folder / "later/python3", f'exec "{PYTHON}" "$@"')
        result = self.install(PATH=f"{self.shims}:{self.folder / 'later'}:{os.environ['PATH']}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(os.path.exists(f"{self.prefix()}/Torch/TorchConfig.cmake"), result.stderr)

    def test_an_environment_that_is_broken_is_made_again(self):
        """Its Python was removed, or the checkout was copied to another machine."""
        put_wheel(self.folder, VERSION)
        put_program(self.checkout / "build/python/bin/python", "exit 127")
        result = self.install()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(os.path.exists(f"{self.prefix()}/Torch/TorchConfig.cmake"), result.stderr)


if __name__ == "__main__":
    program.main()
