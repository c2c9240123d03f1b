"""Folders for check_exports.py: every family of tests/cli/dictionaries.py, trained by aelab and exported in every format
that has such codes, with what `aelab apply` answers for the raw rows."""

import pathlib
import shutil
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import dictionaries
import program


def ran(*arguments):
    result = program.run(*arguments)
    if result.code:
        sys.exit(f"aelab {' '.join(map(str, arguments))}: exit code {result.code}\n{result.stderr}")
    return result.stdout.splitlines()[-1]


def make(folder):
    """The exported folders, within this one."""
    inputs = folder / "rows.npy"
    np.save(inputs, dictionaries.rows())
    made = []
    for name, model in dictionaries.FAMILIES.items():
        file = program.write_json(folder / "run.json", dictionaries.run_file(model, inputs, dictionaries.transforms_of(name)))
        trained = ran("run", file, f"name={name}", "--output", folder / "runs")
        ran("apply", trained, "--data", inputs, "--output", folder / name)
        for package in (package for package, takes in dictionaries.FORMATS.items() if name in takes):
            made.append(folder / f"{package}-{name}")
            ran("export", trained, "--format", package, "--output", made[-1])
            for source, target in (("code", "codes"), ("reconstruction", "outputs")):
                shutil.copy(folder / name / f"{source}.npy", made[-1] / f"{target}.npy")
            shutil.copy(inputs, made[-1] / "inputs.npy")
    return made
