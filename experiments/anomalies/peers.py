"""Isolation forest and PCA of scikit-learn on the rows of a run of run.json: python peers.py RUN_FOLDER AELAB

The rows of each split are those that aelab apply says."""

import pathlib
import subprocess
import sys
import tempfile

import numpy
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

DIGITS = pathlib.Path(__file__).resolve().parents[2] / "data/digits/digits.csv.gz"


def rows_of(run_folder, program, part):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "applied"
        command = [program, "apply", run_folder, "--part", part, "--write", "row", "--output", str(output)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return numpy.load(output / "row.npy")


def main(run_folder, program):
    table = numpy.loadtxt(DIGITS, delimiter=",")
    pixels, labels = table[:, :64] / 16, table[:, 64].astype(int)
    train, test = (rows_of(run_folder, program, part) for part in ("train", "test"))
    strange = labels[test] != 0
    scores = {}
    for seed in range(5):
        forest = IsolationForest(random_state=seed).fit(pixels[train])
        scores[f"isolation forest, seed {seed}"] = -forest.score_samples(pixels[test])
    pca = PCA(8).fit(pixels[train])
    restored = pca.inverse_transform(pca.transform(pixels[test]))
    scores["PCA, 8 components, squared error"] = ((pixels[test] - restored) ** 2).sum(axis=1)
    for name, score in scores.items():
        print(f"{name:<34} ROC-AUC {roc_auc_score(strange, score):.4f}  average precision {average_precision_score(strange, score):.4f}")


main(*sys.argv[1:])
