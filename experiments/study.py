"""What the scripts of studies share: they read the folders that comparisons write."""

import csv
import math
import pathlib

QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5 %, Student's t with n - 1 degrees of freedom


def with_interval(values, digits=3):
    """The mean and the half-width of its 95 % confidence interval over seeds: "2.131 +- 0.053"."""
    mean = sum(values) / len(values)
    if len(values) not in QUANTILES:
        return f"{mean:.{digits}f}"
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return f"{mean:.{digits}f} +- {QUANTILES[len(values)] * deviation / math.sqrt(len(values)):.{digits}f}"


def measured(folder):
    """What a comparison measured: {measure: {variant: {seed: value}}}, in the order of its runs."""
    found = {}
    with open(pathlib.Path(folder) / "runs.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["measure"] and row["value"] != "not applicable":
                seeds = found.setdefault(row["measure"], {}).setdefault(row["variant"], {})
                seeds[row["seed"]] = float(row["value"])
    return found
