#!/usr/bin/env python3
"""Measures how time and memory scale: step time and peak memory by batch size, code size, depth and number of rows.

    experiments/benchmarks/scaling.py [--seconds S]     from the repository root, after run.py made build/benchmarks
    build/benchmarks/bin/python experiments/benchmarks/scaling.py --plot FILE

Trains dense autoencoders (784-256-32 and its mirror) on random rows of 784 values, varying one size at a time. Every
point is measured in a fresh process. Writes build/benchmarks/scaling.json and prints the tables of README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

AELAB, RESULTS = Path("build/release/aelab"), Path("build/benchmarks/scaling.json")
CURVES = {
    "batch": [32, 128, 512, 2048, 8192],
    "code": [8, 32, 128, 512, 2048, 8192, 16384],
    "depth": [1, 2, 4, 8, 16],
    "rows": [1_000, 10_000, 100_000, 1_000_000],
}


def run_of(curve, value, file):
    """The content of the run file at one point: `value` on one axis, the defaults on the others."""
    depth, code, batch = (value if curve == axis else usual for axis, usual in (("depth", 2), ("code", 32), ("batch", 1024)))
    return {
        "name": f"{curve}-{value}",
        "data": {"source": "npy", "files": str(file), "test": 0},
        "model": {"variant": "dense", "hidden": [256] * (depth - 1), "code": code},
        "training": {"batch_size": batch},
    }


def measure(config, folder, seconds):
    """The bench report of one run file, and the peak memory of the process in MiB."""
    path = Path(folder) / "run.json"
    path.write_text(json.dumps(config))
    command = [AELAB, "bench", "--json", "--seconds", str(seconds), path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"aelab bench failed on {config}")
    return json.loads(output)["workloads"][0] | {"peak_mib": usage.ru_maxrss / 1024}


def curves(seconds):
    import numpy

    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for curve, values in CURVES.items():
            print(f"\n| {curve} | ms per step | limit ms | samples/s | peak MiB |\n| --- | --- | --- | --- | --- |")
            for value in values:
                file = Path(folder) / "rows.npy"
                rows = value if curve == "rows" else 16384
                numpy.save(file, numpy.random.default_rng(0).random((rows, 784), dtype=numpy.float32))
                point = measure(run_of(curve, value, file), folder, seconds)
                results.setdefault(curve, []).append(point | {"value": value})
                print(f"| {value:,} | {point['median_ms']:.2f} | {point['limit_ms']:.2f} | "
                      f"{point['samples_per_second']:,.0f} | {point['peak_mib']:,.0f} |", flush=True)  # fmt: skip
    RESULTS.write_text(json.dumps(results, indent=1))


def plot(path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    results = json.loads(RESULTS.read_text())
    figure, axes = pyplot.subplots(1, len(results), figsize=(3.2 * len(results), 3))
    for axis, (curve, points) in zip(axes, results.items()):
        values = [point["value"] for point in points]
        axis.loglog(values, [point["median_ms"] for point in points], "o-", color="#c33", label="measured")
        axis.loglog(values, [point["limit_ms"] for point in points], "k:", label="limit")
        axis.set_xlabel(curve)
        axis.set_ylabel("ms per step")
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2, help="duration of each measurement")
    parser.add_argument("--plot", help="plot the last results to this file without measuring anything")
    options = parser.parse_args()
    plot(options.plot) if options.plot else curves(options.seconds)


main()
