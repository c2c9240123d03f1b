#!/usr/bin/env python3
"""What theory says of the linear VAEs of linear.json, and what was measured: predicted.py FOLDER

The best linear VAE with a fixed deviation s has code dimensions along principal components of the data, whose KL divergence
is ln(variance / (beta s^2)) / 2 nats where that is positive; all other dimensions collapse (Lucas, Tucker, Grosse & Norouzi
2019; beta scales s^2). The variances are those of the codes of the variant "pca", of test rows. Prints means over seeds, and
the half-widths of 95 % confidence intervals (t distribution).
"""

import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from study import measured, with_interval

LEAST = 0.01  # nats below which a dimension counts as collapsed, as in the metric "latent"


def variances(run):
    codes = json.loads((run / "summary" / "summary.json").read_text())["codes"]
    return [value**2 for value in codes["singular_values"]]


def divergences(spectrum, threshold):
    return [max(0, math.log(variance / threshold) / 2) if variance > 0 else 0 for variance in spectrum]


def main():
    folder = pathlib.Path(sys.argv[1])
    latent = {measure: values for measure, values in measured(folder).items() if measure.startswith("latent/")}
    spectra = [variances(run) for run in sorted((folder / "runs" / "pca").glob("seed-*"))]
    variants = sorted(latent["latent/kl"], key=lambda variant: float(variant.removeprefix("beta-")))
    print(f"{'':12}" + "".join(f"{name:>38}" for name in ("dimensions in use", "KL, nats", "largest KL of one")))
    for variant in variants:
        run = json.loads((folder / "runs" / variant / "seed-1" / "config.json").read_text())
        model = run["model"]
        threshold = float(variant.removeprefix("beta-")) * model["likelihood"]["deviation"] ** 2
        expected = [divergences(spectrum, threshold) for spectrum in spectra]
        found = {measure: list(values[variant].values()) for measure, values in latent.items()}
        pairs = [
            ([sum(kl > LEAST for kl in seed) for seed in expected],
             [(1 - share) * model["code"] for share in found["latent/collapsed"]]),
            ([sum(seed) for seed in expected], found["latent/kl"]),
            ([max(seed) for seed in expected], found["latent/largest_kl"]),
        ]  # fmt: skip
        print(f"{variant:12}" + "".join(f"{with_interval(theory) + ' / ' + with_interval(values):>38}" for theory, values in pairs))
    print("predicted / measured")


main()
