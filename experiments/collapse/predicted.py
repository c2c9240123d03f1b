#!/usr/bin/env python3
"""What theory says of the linear VAEs of linear.json, and what was measured: predicted.py FOLDER

The best linear VAE with a fixed deviation s has code dimensions along principal components of the data, whose KL divergence
is ln(variance / (beta s^2)) / 2 nats where that is positive; all other dimensions collapse (Lucas, Tucker, Grosse & Norouzi
2019; beta scales s^2). The variances are those of the codes of the variant "pca", of test rows. Prints means over seeds, and
the half-widths of 95 % confidence intervals (t distribution).
"""

import collections
import csv
import json
import math
import pathlib
import sys

QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5 %, Student's t with n - 1 degrees of freedom
LEAST = 0.01  # nats below which a dimension counts as collapsed, as in the metric "latent"


def text(values):
    mean = sum(values) / len(values)
    if len(values) not in QUANTILES:
        return f"{mean:.3f}"
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return f"{mean:.3f} +- {QUANTILES[len(values)] * deviation / math.sqrt(len(values)):.3f}"


def variances(run):
    codes = json.loads((run / "summary" / "summary.json").read_text())["codes"]
    return [value**2 for value in codes["singular_values"]]


def divergences(spectrum, threshold):
    return [max(0, math.log(variance / threshold) / 2) if variance > 0 else 0 for variance in spectrum]


def main():
    folder = pathlib.Path(sys.argv[1])
    measured = collections.defaultdict(list)
    with open(folder / "runs.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["measure"].startswith("latent/") and row["value"] != "not applicable":
                measured[row["variant"], row["measure"]].append(float(row["value"]))
    spectra = [variances(run) for run in sorted((folder / "runs" / "pca").glob("seed-*"))]
    variants = sorted({variant for variant, _ in measured}, key=lambda variant: float(variant.removeprefix("beta-")))
    print(f"{'':12}" + "".join(f"{name:>38}" for name in ("dimensions in use", "KL, nats", "largest KL of one")))
    for variant in variants:
        run = json.loads((folder / "runs" / variant / "seed-1" / "config.json").read_text())
        model = run["model"]
        threshold = float(variant.removeprefix("beta-")) * model["likelihood"]["deviation"] ** 2
        expected = [divergences(spectrum, threshold) for spectrum in spectra]
        pairs = [
            ([sum(kl > LEAST for kl in seed) for seed in expected],
             [(1 - share) * model["code"] for share in measured[variant, "latent/collapsed"]]),
            ([sum(seed) for seed in expected], measured[variant, "latent/kl"]),
            ([max(seed) for seed in expected], measured[variant, "latent/largest_kl"]),
        ]  # fmt: skip
        print(f"{variant:12}" + "".join(f"{text(theory) + ' / ' + text(found):>38}" for theory, found in pairs))
    print("predicted / measured")


main()
