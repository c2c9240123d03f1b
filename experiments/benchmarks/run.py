#!/usr/bin/env python3
"""Compares aelab with its peers: runs every workload in every library, in fresh processes, one at a time.

    experiments/benchmarks/run.py [--only TEXT] [--seconds S]      from the repository root

Creates the environment of the peers in build/benchmarks if it does not exist. A peer that cannot be installed, or
fails, is reported and left out; the others are still measured. Each workload runs A B ... B A: aelab, every peer, the
peers in reverse order, aelab. The minimum step times of both measurements are compared, because other work on the
machine can only add time. The two measurements of aelab also show the noise floor (A/A). Writes
build/benchmarks/results.json and prints a table; --plot plots it, --peers prints the times and the peak memory of every library.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.chdir(HERE.parents[1])
ENVIRONMENT = Path("build/benchmarks")
AELAB, PYTHON = Path("build/release/aelab"), ENVIRONMENT / "bin/python"
PACKAGES = ["torch==2.13.0", "jax", "optax", "keras", "pythae", "scikit-learn", "matplotlib", "sae-lens==6.54.12",
            "dictionary-learning==0.1.0", "eai-sparsify==1.3.3"]  # fmt: skip
THREADS = str(os.cpu_count())
MLP = ["torch-eager", "torch-fused", "torch-compiled", "jax-step", "jax-scan", "keras-torch", "keras-jax"]
PLAIN = [peer for peer in MLP if not peer.startswith("keras")]
DICTIONARIES = ["torch-eager", "torch-fused", "torch-compiled", "saelens", "dictionary-learning", "sparsify"]

# name; the workload of aelab, or None for a whole process; the peers; their workload and its size; the target ratio
WORKLOADS = [
    ("mlp-128", "mlp-128", MLP, ("mlp", "128"), 0.80),
    ("mlp-1024", "mlp-1024", MLP, ("mlp", "1024"), 0.75),
    ("convolutional-128", "convolutional-128", MLP, ("convolutional", "128"), 0.08),
    ("convolutional-1024", "convolutional-1024", MLP, ("convolutional", "1024"), 0.06),
    ("deep-contractive-128", "deep-contractive-128", ["torch-fused"], ("deep-contractive", "128"), 0.35),
    ("vae-128", "vae-128", PLAIN, ("vae", "128"), 0.85),
    ("vae-1024", "vae-1024", PLAIN, ("vae", "1024"), 0.85),
    ("iwae-128", "iwae-128", PLAIN, ("iwae", "128"), 0.85),
    ("convolutional-vae-128", "convolutional-vae-128", PLAIN, ("convolutional-vae", "128"), 0.85),
    ("vq-vae-128", "vq-vae-128", PLAIN, ("vq-vae", "128"), 0.85),
    ("top-k-16384-1024", "top-k-16384-1024", DICTIONARIES, ("top-k", "1024"), None),
    ("pca-60000", "pca-60000", ["scikit-learn"], ("pca", "60000"), 0.80),
    ("epoch", None, ["pythae-trainer"], ("epoch", "data/mnist"), 0.28),
    ("vae-epoch", None, ["pythae-trainer"], ("vae-epoch", "data/mnist"), 0.30),
    ("start", None, ["jax-step"], ("start", "0"), None),
]
# aelab compared with itself: workload, the plain step that it is compared with, the target ratio
OWN = [
    ("mlp-gaussian-noise-1024", "mlp-1024", 1.25),
    ("mlp-masking-1024", "mlp-1024", 1.25),
    ("mlp-sparse-1024", "mlp-1024", 1.25),
    ("contractive-128", "one-layer-128", 1.3),
    ("contractive-1024", "one-layer-1024", 1.1),
]


class Failed(Exception):
    """A program that did not end well, and what it printed last."""


def note(text):
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def make_environment():
    if PYTHON.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    install = [PYTHON, "-m", "pip", "install", "--quiet"]
    if subprocess.run([*install, *PACKAGES]).returncode == 0:
        return
    for package in PACKAGES:
        if subprocess.run([*install, package]).returncode:
            note(f"{package} cannot be installed: what needs it is left out")


def call(command, seconds):
    """What the program prints, and the most memory that it had, in MiB."""
    environment = os.environ | {"OMP_NUM_THREADS": THREADS, "BENCH_SECONDS": str(seconds)}
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=printed, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0), errors.seek(0)
        if process.returncode:
            raise Failed(f"{' '.join(map(str, command))} failed:\n{errors.read()[-2000:]}")
        return printed.read(), usage.ru_maxrss / 1024


def bench(workload, seconds):
    printed, memory = call([AELAB, "bench", "--json", "--filter", workload, "--seconds", str(seconds)], seconds)
    report = json.loads(printed)
    found = next(w for w in report["workloads"] if w["name"] == workload)
    return found | {"compile_s": 0, "memory_mib": memory, "ceilings": report["ceilings"]}


def run_file(folder, config, seconds):
    """Returns the seconds that a whole `aelab run` takes, and its memory in MiB."""
    path = Path(folder) / "run.json"
    path.write_text(json.dumps(config))
    begin = time.perf_counter()
    _, memory = call([AELAB, "run", "--quiet", path, "--output", folder], seconds)
    return time.perf_counter() - begin, memory


EPOCHS = {
    "epoch": {"variant": "dense", "hidden": [512], "code": 32},
    "vae-epoch": {"variant": "vae", "code": 20, "backbone": {"kind": "dense", "hidden": [512]}},
}


def aelab_epoch(model, seconds):
    """An epoch of MNIST with metrics, progress and checkpoints: (5 epochs - 1 epoch) / 4."""
    config = {
        "name": "epoch",
        "data": {"source": "mnist", "folder": "data/mnist"},
        "model": model,
        "training": {"batch_size": 128},
        "callbacks": [{"kind": "checkpoint", "every": 1}],
        "evaluation": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        times = {}
        for epochs in (1, 5):
            config["training"]["epochs"] = epochs
            times[epochs], memory = run_file(folder, config, seconds)
    epoch = (times[5] - times[1]) / 4 * 1e3
    return {"min_ms": epoch, "compile_s": 0, "memory_mib": memory}


def aelab_start(seconds):
    """The time from the start of the program until its first step and its run folder are complete."""
    config = {
        "name": "start",
        "data": {"source": "digits"},
        "model": {"variant": "dense", "code": 16},
        "training": {"budget": {"steps": 1}},
        "evaluation": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        turns = [run_file(folder, config, seconds) for _ in range(5)]
    return {"min_ms": min(time for time, _ in turns) * 1e3, "compile_s": 0, "memory_mib": turns[-1][1]}


def ours(name, workload, seconds):
    if workload:
        return bench(workload, seconds)
    return aelab_epoch(EPOCHS[name], seconds) if name in EPOCHS else aelab_start(seconds)


def theirs(peer, arguments, seconds):
    if arguments[0] == "start":
        times = []
        for _ in range(3):
            begin = time.perf_counter()
            _, memory = call([PYTHON, HERE / "peers.py", peer, *arguments], seconds)
            times.append((time.perf_counter() - begin) * 1e3)
        return {"min_ms": min(times), "compile_s": 0, "memory_mib": memory}
    printed, memory = call([PYTHON, HERE / "peers.py", peer, *arguments], seconds)
    return json.loads(printed.strip().splitlines()[-1]) | {"memory_mib": memory}


def both(turns):
    return {
        "ms": min(turn["min_ms"] for turn in turns),
        "turns_ms": [turn["min_ms"] for turn in turns],
        "compile_s": max(turn["compile_s"] for turn in turns),
        "memory_mib": max(turn["memory_mib"] for turn in turns),
    }


def compare(name, workload, peers, arguments, target, seconds):
    first = ours(name, workload, seconds)
    turns, failed = {}, set()
    for peer in [*peers, *reversed(peers)]:
        if peer in failed:
            continue
        try:
            turns.setdefault(peer, []).append(theirs(peer, arguments, seconds))
        except Failed as failure:
            note(f"{name}: {peer} is left out: {failure}")
            failed.add(peer)
            del turns[peer]
    last = ours(name, workload, seconds)
    result = {"name": name, "target": target, "aelab": both([first, last]),
              "peers": {peer: both(turns[peer]) for peer in turns}}  # fmt: skip
    for key in ("limit_ms", "ceilings"):
        if key in first:
            result["aelab"][key] = first[key]
    return result


def row(result):
    mine, peers = result["aelab"], result["peers"]
    best = min(peers, key=lambda peer: peers[peer]["ms"], default=None)
    beside = f"{best} {peers[best]['ms']:.2f} | {mine['ms'] / peers[best]['ms']:.2f}" if best else "– | –"
    noise = max(mine["turns_ms"]) / min(mine["turns_ms"]) - 1
    limit = f"{mine['limit_ms']:.2f}" if "limit_ms" in mine else "–"
    target = f"{result['target']:.2f}" if result["target"] else "–"
    return f"| {result['name']} | {mine['ms']:.2f} | {limit} | {beside} | {target} | {noise:.0%} |"


def print_peers(results):
    print("| workload | library | ms per step | until the end of the first step, s | memory, MiB |")
    print("| --- | --- | --- | --- | --- |")
    for result in (result for result in results if "peers" in result):
        for peer, times in sorted([("aelab", result["aelab"]), *result["peers"].items()], key=lambda item: item[1]["ms"]):
            memory = f"{times['memory_mib']:.0f}" if "memory_mib" in times else "–"
            print(f"| {result['name']} | {peer} | {times['ms']:.2f} | {times['compile_s']:.1f} | {memory} |")


def plot(results, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [r for r in results if "peers" in r and len(r["peers"]) > 1]
    figure, axes = pyplot.subplots(1, len(shown), figsize=(3.4 * len(shown), 3.2))
    for axis, result in zip(axes, shown):
        bars = {"aelab": result["aelab"]} | result["peers"]
        axis.barh(list(bars), [bar["ms"] for bar in bars.values()], color=["#c33"] + ["#888"] * len(result["peers"]))
        axis.invert_yaxis()
        axis.set_title(result["name"])
        axis.set_xlabel("ms per step")
        axis.axvline(result["aelab"]["limit_ms"], color="k", linestyle=":", linewidth=1)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="run only the workloads whose names contain this text")
    parser.add_argument("--seconds", type=float, default=3, help="duration of each measurement")
    parser.add_argument("--peers", action="store_true", help="print all times of the last run without measuring anything")
    parser.add_argument("--plot", help="plot the results of the last run to this file without measuring anything")
    options = parser.parse_args()
    path = ENVIRONMENT / "results.json"
    if options.plot:
        return plot(json.loads(path.read_text()), options.plot)
    if options.peers:
        return print_peers(json.loads(path.read_text()))
    if not AELAB.exists():
        sys.exit(f"{AELAB} is not built: make build")
    make_environment()
    results = json.loads(path.read_text()) if options.only and path.exists() else []

    def keep(result):
        results[:] = [r for r in results if r["name"] != result["name"]] + [result]
        path.write_text(json.dumps(results, indent=1))

    print("| workload | aelab ms | limit ms | best peer ms | ratio | target | A/A |\n| --- | --- | --- | --- | --- | --- | --- |")
    for workload in WORKLOADS:
        if re.search(options.only, workload[0]):
            keep(compare(*workload, options.seconds))
            print(row(results[-1]), flush=True)
    for name, plain, target in OWN:
        if re.search(options.only, name):
            turns = [(bench(name, options.seconds)["min_ms"], bench(plain, options.seconds)["min_ms"]) for _ in range(3)]
            own, beside = min(a for a, _ in turns), min(b for _, b in turns)
            keep({"name": name, "plain": plain, "turns_ms": turns, "ratio": own / beside, "target": target})
            print(f"| {name} | {own:.2f} | – | own {plain} {beside:.2f} | {own / beside:.2f} | {target:.2f} | |", flush=True)


try:
    main()
except Failed as failure:
    sys.exit(str(failure))
