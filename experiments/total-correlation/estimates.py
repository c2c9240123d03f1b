#!/usr/bin/env python3
"""Prints what estimates.json and discriminator.json logged in training: estimates.py ESTIMATES DISCRIMINATOR

Means over the epochs of each run (of the discriminator, over the last fifth), then over seeds, +- the half-width of the 95 %
confidence interval (t distribution). "stratified" with all rows in a batch is the exact aggregate distribution q(z) of the
training rows.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from study import with_interval

PARTS = ["kl", "mutual-information", "total-correlation", "dimension-wise-kl"]


def epochs(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def text(values):
    return with_interval(values, digits=4)


def variants(folder):
    """Of each variant: the number of its batch's rows and the lines of each seed's run."""
    for variant in (pathlib.Path(folder) / "runs").iterdir():
        name, batch = variant.name.rsplit(",batch_size=", 1)
        yield name, int(batch), [epochs(run) for run in sorted(variant.glob("seed-*"))]


def main():
    print(f"{'nats':24}" + "".join(f"{part:>24}" for part in PARTS))
    for name, batch, runs in sorted(variants(sys.argv[1]), key=lambda variant: variant[:2]):
        cells = [text([sum(line["train/" + part] for line in run) / len(run) for run in runs]) for part in PARTS]
        print(f"{name + ', batch ' + str(batch):24}" + "".join(f"{cell:>24}" for cell in cells))
    for _, batch, runs in sorted(variants(sys.argv[2]), key=lambda variant: variant[1]):
        last = [run[-max(1, len(run) // 5) :] for run in runs]
        cell = text([sum(line["train/total-correlation"] for line in run) / len(run) for run in last])
        print(f"{'discriminator, batch ' + str(batch):24}{'':48}{cell:>24}")


main()
