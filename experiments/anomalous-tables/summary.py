#!/usr/bin/env python3
"""The tables of the README from what study.sh and peers.py wrote, in the folder where they were run:

    build/benchmarks/bin/python experiments/anomalous-tables/summary.py

A method's value on a table is the mean of its AUC over seeds, by its reconstruction error in the case of aelab's. Tests
are over tables: seeds of one table are no independent evidence. Needs SciPy."""

import csv
import pathlib
import statistics
import sys

from scipy import stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from study import measured

PREFIX = "anomalous-tables-"
PEERS = pathlib.Path("comparisons") / f"{PREFIX}peers.csv"


def auc_of(score):
    """{table: {method: {seed: AUC}}} of what is complete."""
    tables = {}
    for folder in sorted(pathlib.Path("comparisons").glob(f"{PREFIX}*/runs.csv")):
        name = folder.parent.name.removeprefix(PREFIX)
        tables[name] = {variant: dict(seeds) for variant, seeds in measured(folder.parent)[f"anomaly/{score}/auc"].items()}
    for row in csv.DictReader(open(PEERS)):
        if row["table"] in tables:
            tables[row["table"]].setdefault(row["detector"], {})[row["seed"]] = float(row["auc"])
    count = max(len(methods) for methods in tables.values())
    return {name: methods for name, methods in tables.items() if len(methods) == count}


def holm(values):
    """Holm's corrections of p values."""
    corrected, largest = [0.0] * len(values), 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = largest
    return corrected


def interval(values):
    half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return statistics.mean(values) - half, statistics.mean(values) + half


def show(score):
    tables = auc_of(score)
    methods = list(next(iter(tables.values())))
    means = {name: [statistics.mean(own[method].values()) for method in methods] for name, own in tables.items()}
    ranks = [stats.rankdata([-value for value in row]) for row in means.values()]
    print(f"\n## AUC by {score}, {len(tables)} tables, means over seeds\n")
    print("| table |", " | ".join(methods), "|\n|", " | ".join(["---"] * (len(methods) + 1)), "|")
    for name, row in means.items():
        print(f"| {name} |", " | ".join(f"{value:.3f}" for value in row), "|")
    columns = list(zip(*means.values()))
    print("| mean |", " | ".join(f"{statistics.mean(column):.3f}" for column in columns), "|")
    print("| mean rank |", " | ".join(f"{statistics.mean(rank):.2f}" for rank in zip(*ranks)), "|")
    print(f"\nFriedman test that all methods rank alike: p = {stats.friedmanchisquare(*columns).pvalue:.2g}")
    pairs = [(a, b) for a in range(len(methods)) for b in range(len(methods)) if not methods[a].startswith("PyOD") and methods[b].startswith("PyOD")]
    values = [stats.wilcoxon(columns[a], columns[b]).pvalue for a, b in pairs]
    print(f"\nWilcoxon's signed-rank tests, corrected by Holm over {len(pairs)} pairs:")
    for (a, b), p in zip(pairs, holm(values)):
        differences = [x - y for x, y in zip(columns[a], columns[b])]
        low, high = interval(differences)
        print(f"  {methods[a]:<12} - {methods[b]:<16} {statistics.mean(differences):+.3f} [{low:+.3f}, {high:+.3f}]  p {p:.2g}")


def main():
    for score in ("reconstruction", "likelihood", "mahalanobis"):
        show(score)
    seconds = {}
    for row in csv.DictReader(open(PEERS)):
        seconds.setdefault(row["detector"], []).append(float(row["seconds"]))
    print("\nProcessor seconds to fit, mean:", {name: round(statistics.mean(own), 3) for name, own in seconds.items()})


if __name__ == "__main__":
    main()
