#!/usr/bin/env python3
"""PyOD's detectors on the rows of a finished study, in the folder where study.sh was run:

    build/benchmarks/bin/python experiments/anomalous-tables/peers.py build/release/aelab

Every detector has PyOD's default settings, one thread, the run's seed, and is fitted to the rows that the run was
trained on; aelab apply says which these are. Categories are one-hot. Prints and appends to
comparisons/anomalous-tables-peers.csv what is not there yet. Needs pip install pyod, and PyTorch."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.pca import PCA
from sklearn.metrics import roc_auc_score

RESULTS = pathlib.Path("comparisons/anomalous-tables-peers.csv")
FIELDS = ("table", "seed", "detector", "auc", "seconds")
DETECTORS = {
    "PyOD AutoEncoder": lambda seed: AutoEncoder(random_state=seed, verbose=0),
    "PyOD PCA": lambda seed: PCA(random_state=seed),
    "PyOD IForest": lambda seed: IForest(random_state=seed),
    "PyOD KNN": lambda _: KNN(),
}


def features_of(file):
    """[rows, features] of numbers, categories one-hot; and which rows are anomalies."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(open(file)) if row]
    columns = list(zip(*rows))
    features = []
    for column in columns[:-1]:
        try:
            features.append([float(cell) for cell in column])
        except ValueError:
            features += [[float(cell == category) for cell in column] for category in sorted(set(column))]
    return numpy.array(features).T, numpy.array([cell == "positive" for cell in columns[-1]])


def rows_of(run, program, part):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "applied"
        command = [program, "apply", str(run), "--part", part, "--write", "row", "--output", str(output)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return numpy.load(output / "row.npy")


def judged(run, program):
    """(detector, AUC, processor seconds of fit) of each detector on the rows of a run."""
    config = json.loads((run / "config.json").read_text())
    features, strange = features_of(config["data"]["files"])
    train, test = (rows_of(run, program, part) for part in ("train", "test"))
    features = features[:, features[train].std(axis=0) > 0]  # PyOD divides by the deviation
    for name, make in DETECTORS.items():
        detector = make(config["seed"])
        begin = time.process_time()
        detector.fit(features[train])
        seconds = time.process_time() - begin
        scores = numpy.nan_to_num(detector.decision_function(features[test]), posinf=1e300)  # PCA divides by 0
        yield name, roc_auc_score(strange[test], scores), seconds


def main(program):
    torch.set_num_threads(1)
    done = {}
    if RESULTS.exists():
        done = {(row["table"], row["seed"]) for row in csv.DictReader(open(RESULTS))}
    with open(RESULTS, "a", newline="") as file:
        writer = csv.writer(file)
        if not done:
            writer.writerow(FIELDS)
        for run in sorted(pathlib.Path("comparisons").glob("anomalous-tables-*/runs/dense/*")):
            table, seed = run.parts[1].removeprefix("anomalous-tables-"), run.name.removeprefix("seed-")
            if (table, seed) in done:
                continue
            rows = [(table, seed, name, repr(float(auc)), f"{seconds:.3f}") for name, auc, seconds in judged(run, program)]
            writer.writerows(rows)
            file.flush()
            for row in rows:
                print(*row)


if __name__ == "__main__":
    main(*sys.argv[1:])
