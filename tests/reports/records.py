"""Folders as runs and comparisons leave them, made without aelab."""

import json
import struct
import zlib


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def png(width=24, height=8):
    """A gray ramp."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(x * 255 // width for x in range(width)) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


PICTURES = ("inputs", "reconstructions", "corrupted", "denoised", "interpolation", "filters")


def dictionary_record(t=str, pictures=True, truth=True):
    """summary/dictionary.json of 40 latents; its sheet has two lines of three cells of 8 x 8 pixels."""
    def histogram(edges, counts):
        return {"edges": edges, "counts": counts}

    def latent(number, band, rows):
        return {"latent": number, "band": t(band), "active_rows": 10 * number, **({"feature": 3 * number, "feature_cosine": .9} if truth else {}),
                "rows": [{"row": 100 * number + i, "activation": 4 - i / 2, "label": i % 3, **({} if pictures else {"values": [i, i + .5]})} for i in range(rows)]}

    cosines = histogram([i / 10 for i in range(11)], [0, 1, 2, 5, 9, 12, 5, 3, 2, 1])
    return {"format": 1, "part": t("test"), "rows": 1000, "of": 5000, "latents": 40, "dead": 7, "bands": {"rare": 3, "middle": 25, "dense": 5},
            "densities": histogram([-3, -2.5, -2, -1.5, -1, -.5, 0], [3, 8, 10, 7, 4, 1]), "cosines": cosines, "compared": 40,
            **({"truth": {"features": 40, "recovered": 12, "features_cosines": cosines, "latents_cosines": cosines}} if truth else {}),
            "strongest": [latent(2, "rare", 2), latent(30, "dense", 3)],
            **({"pictures": {"columns": 3, "width": 8, "height": 8, "gap": 2}} if pictures else {}),
            "definitions": {t("density"): {"definition": t("share of rows"), "version": 1}}, "omitted": [t("the first 1000 of 5000 rows")]}


def anomaly_record(t=str):
    """summary/anomaly.json of two scores: the first has a sheet of two lines of three cells of 8 x 8 pixels, the second a
    table of three columns."""
    grid = [i / 100 for i in range(101)]

    def row(number, cells, values):
        return {"row": 1000 + number, "class": t("cat"), "score": 90 - number, "anomaly": number < 2, "cells": cells, "values": values}

    def cell(place, contribution):
        return {"feature": t(("width", "height", "area")[place]), "contribution": contribution, "value": place + .5, "place": place}

    def score(name, strangest, **more):
        return {"name": t(name), "definition": t("what it is"), "threshold": {"value": 20, "rule": t("at most 5 % of 9 rows")},
                "distribution": {"logarithmic": True, "edges": [0, 1, 2, 3], "normal": [6, 3, 1], "anomalies": [0, 10, 30]},
                "classes": [{"class": t("dog"), "normal": True, "rows": 10, "median": 5, "above": .1}, {"class": t("cat"), "normal": False, "rows": 40, "median": 300, "above": .9}],
                "drift": [{"first": 100 * i, "last": 100 * i + 99, "low": 3 + i, "median": 5 + i, "high": 8 + i, "above": i / 10} for i in range(3)],
                "measures": {key: {"value": .9 - i / 10, "low": .8 - i / 10, "high": .95 - i / 10}
                             for i, key in enumerate(("auc", "average_precision", "precision_at_n", "partial_auc", "best_f1"))},
                "roc": {"found": [x ** .5 for x in grid], "low": grid, "high": [x ** .25 for x in grid]},
                "precision_recall": {"precision": [1 - x / 5 for x in grid], "low": [1 - x / 2 for x in grid], "high": [1 - x / 9 for x in grid]},
                "strangest": strangest, **more}

    return {"format": 1, "part": t("test"), "rows": 50, "anomalies": 40, "normal": t("class dog"), "false_positive_rate": .1, "resamples": 1000,
            "grid": grid, "scores": [
                score("reconstruction", [row(i, [], []) for i in range(3)], pictures={"columns": 3, "width": 8, "height": 8, "gap": 2}),
                score("likelihood", [row(i, [cell(i, 5.5), cell((i + 1) % 3, 2)], [.5, 1.5, 2.5]) for i in range(3)],
                      columns=[t("width"), t("height"), t("area")], delong={"against": t("reconstruction"), "difference": -.1, "error": .04, "p": .0124})]}


def run_files(variant="dense", epochs=5, scale=1.0, t=str, pictures=PICTURES, time="2026-01-02T03:04:05Z",
              likelihood="bernoulli"):
    """The files of a run; every text in them passes through `t`."""
    count = 30
    return {
        "config.json": {"name": t("small"), "seed": 3, "model": {"variant": t(variant), t("key"): t("value"),
                        "expanded": {"likelihood": {"kind": t(likelihood)}, "penalties": [{"kind": t("l1"), t("weight"): t("heavy")}]}}, "data": {"source": t("digits")}},
        "status.json": {"status": t("completed") if t is not str else "completed", "message": t("") if t is not str else "",
                        "parameters": 100, "epochs": epochs, "steps": 10 * epochs, "seconds": 2 * scale},
        "environment.json": {t("aelab"): t("0.1.0"), "kernels": {t("linear"): t("mkl")}, "time": t(time)},
        "evaluation.json": {"checkpoint": t("best"), "part": t("test"), "metrics": {t("reconstruction/mse"): scale},
                            "measures": [{"name": t("reconstruction/mse"), "definition": t("squares"), "better": "lower"}],
                            "cautions": [t("the code has collapsed")]},
        "metrics.jsonl": [{"epoch": i + 1, "step": 10 * (i + 1), "phase": t("one" if i < epochs / 2 else "two"),
                           t("train/loss"): scale / (i + 1), t("validation/loss"): 2 * scale / (i + 1)} for i in range(epochs)],
        "code_use.jsonl": [{"epoch": i + 1, "step": 10 * (i + 1), "phase": t("one" if i < epochs / 2 else "two"),
                            "divergences": [.5, scale * i, .25], "perplexity": 2 + i, "used": .5,
                            "latents": 40, "silent": 9 - i, "dead": 2 * i, "dead_after": 150, "threshold": .25 * i} for i in range(epochs)],
        "summary/summary.json": {
            "format": 1, "part": t("test"), "data": {"source": t("digits"), "shape": [1, 8, 8], "train": 1, "validation": 2, "test": 3},
            "model": {"variant": t(variant), "summary": t("layers"), "input": [1, 8, 8], "code": [4], "methods": [t("closed form")],
                      "parts": [{"part": t("backbone"), "kind": t("dense"), "summary": t("what"), "settings": {t("hidden"): [t("8")]}}],
                      "stack": [{"variant": t("layer"), "parts": []}]},
            "layers": [{"network": t("encoder"), "what": t("dense"), "output": [t("8")], "parameters": 5}],
            "parameters": [{"name": t("weight"), "shape": [t("8")], "count": 512}],
            "pictures": {name: {"what": t(name)} for name in pictures},
            "codes": {"rows": count, "axes": t("components"), "singular_values": [3, 2, 1, .5], "x": list(range(count)),
                      "y": [i * i % 7 for i in range(count)], "labels": [i % 3 for i in range(count)],
                      "prior": {"points": 3, "x": [0, 30], "y": [-1, 9], "log_densities": [-4, -3, -4, -3, -1, -3, -4, -3, -4],
                                "contours": [{"mass": .5, "log_density": -2}, {"mass": .9, "log_density": -3.5}]}},
            "codebook": {"rows": count, "size": 8, "perplexity": 3.2, "counts": [40, 15, 4, 1]},
            "latent": {"rows": count, "divergences": [.5, 2, .25], "variances_of_means": [.1, 1, .05]},
            "jacobian": {"rows": 5, "singular_values": [2 * scale, 1, .1, .01]}},
        "summary/dictionary.json": dictionary_record(t),
        "summary/anomaly.json": anomaly_record(t),
        "log.txt": t("phase begins"),
    }


def put_run(folder, **options):
    files = run_files(**options)
    for name, value in files.items():
        if name.endswith(".jsonl"):
            (folder / name).write_text("".join(json.dumps(line) + "\n" for line in value))
        elif name == "log.txt":
            (folder / name).write_text(value)
        else:
            put(folder / name, value)
    for name in files["summary/summary.json"]["pictures"]:
        (folder / "summary" / f"{name}.png").write_bytes(png())
    for name in "latents", "anomalies-reconstruction":
        (folder / f"summary/{name}.png").write_bytes(png(28, 18))
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/codes-0001.png").write_bytes(png())


def comparison_results(variants=("pca", "dense", "sparse"), seeds=(1, 2), t=str, folder_of=str):
    """comparison.json: the first variant has the lowest value of every metric and leads."""
    def measure(name, better, factor):
        rows = []
        for i, variant in enumerate(variants):
            values = [factor * (i + 1 + seed / 10) for seed in seeds]
            mean = sum(values) / len(values)
            rows.append({"variant": t(variant), "n": len(values), "mean": mean, "deviation": .1, "interval": [mean - .05, mean + .05],
                         "worst": max(values), "best": i == 0, "values": values, "level": "decided", "reason": "significant",
                         "sentence": t("the first leads." if i == 0 else "it is behind the first."),
                         "pareto_optimal": {} if better == "neither" else {"code": i == 0, "l0": i == 0, "parameters": i == 0, "seconds": i == 0},
                         **({"against_baseline": {"n": 2, "mean": i - 1, "interval": [i - 1.1, i - .9], "p_holm": .01, "effect": 3.0}} if i != 1 else {})})
        claim = {"leader": None if better == "neither" else t(variants[0]), "level": "decided", "reason": "significant",
                 "sentence": t("the first leads."), "explanation": t("The difference from every other variant is significant.")}
        return {"name": t(name), "definition": t("what it is"), "better": better, "version": 1, "claim": claim, "rows": rows}

    def range_of(*values):
        return {"mean": sum(values) / len(values), "low": min(values), "high": max(values)}

    runs = len(variants) * len(seeds)
    return {
        "format": 2, "name": t("which"), "seeds": list(seeds), "baseline": t(variants[min(1, len(variants) - 1)]), "part": t("test"), "significance": .05,
        "verdict": t("pca leads. one is better"), "summary": t("pca leads."), "details": [t("one is better")],
        "caveats": [t("few seeds")], "metric": t("reconstruction/mse"), "excluded_runs": [t("sparse/seed-9: failed")],
        "excluded": t(f"1 of {runs + 1} runs is excluded"), "counts": {"planned": runs + 1, "completed": runs, "failed": 1},
        "levels": {"decided": t("all differences are significant"), "not judged": t("nothing is known")}, "best": t("the leader where all is decided"),
        "variants": [{"name": t(name), "settings": {t("model.code"): t("4")}, "closed_form": False, "code": 4,
                      "costs": {"parameters": range_of(50 * (i + 1)), "epochs": range_of(5), "steps": range_of(50), "seconds": range_of(*(i + seed for seed in seeds))},
                      "runs": [{"seed": seed, "id": f"{folder_of(name)}/seed-{seed}", "state": "completed", "message": t("fine"), "parameters": 50 * (i + 1),
                                "epochs": 5, "steps": 50, "seconds": i + seed} for seed in seeds]} for i, name in enumerate(variants)],
        "measures": [measure("reconstruction/mse", "lower", 1), measure("code/l0", "neither", 3), measure("probe/accuracy", "higher", .2)],
        "robustness": {"trained_with": [t(name) for name in variants], "tested_with": [t("clean"), t("masking")],
                       "mean": [[i + .1, i + .2] for i in range(len(variants))]},
    }


def dictionary_measures(variants, seeds=(1, 2), t=str, truth=True):
    """What is measured of sparse dictionaries; the last variant is none."""
    bases = {"dictionary/l0": ("neither", 8), "dictionary/explained_variance": ("higher", .6), "dictionary/dead": ("lower", 3),
             **({"dictionary/f1": ("higher", .5), "dictionary/mcc": ("higher", .4)} if truth else {})}
    return measures_of(bases, variants, seeds, t)


def generative_measures(variants, seeds=(1, 2), t=str):
    """What is measured of generative models; the last variant has no density, and so none of these."""
    bases = {"likelihood/nll": ("lower", 96), "likelihood/nll_sampling_error": ("lower", .3), "likelihood/elbo": ("higher", -95),
             "rate_distortion/rate": ("neither", 12), "rate_distortion/distortion": ("neither", 80), "latent/active_units": ("neither", 3)}
    return measures_of(bases, variants, seeds, t)


def measures_of(bases, variants, seeds, t):
    """Measures {name: (better, value)} of all variants but the last."""
    def row(variant, place, base):
        values = [base * (1 + (place + seed / 10) / 20) if place + 1 < len(variants) or len(variants) == 1 else None for seed in seeds]
        there = [value for value in values if value is not None]
        mean = sum(there) / len(there) if there else None
        return {"variant": t(variant), "n": len(there), "mean": mean, "interval": [mean - .5, mean + .5] if there else None, "best": False,
                "values": values, "level": "undecided", "sentence": t("nothing is known."), "pareto_optimal": {}}

    return [{"name": name, "definition": t("what it is"), "better": better, "version": 1,
             "claim": {"leader": None, "level": "undecided", "explanation": t("nothing is known.")},
             "rows": [row(variant, place, base) for place, variant in enumerate(variants)]} for name, (better, base) in bases.items()]


def put_comparison(folder, variants=("pca", "dense", "sparse"), seeds=(1, 2), t=str, folder_of=str, **options):
    put(folder / "comparison.json", comparison_results(variants, seeds, t, folder_of))
    put(folder / "config.json", {"name": t("which"), "variants": [], t("key"): t("value")})
    put(folder / "environment.json", {t("aelab"): t("0.1.0"), "time": t("2026-02-03T04:05:06Z")})
    for i, variant in enumerate(variants):
        for seed in seeds:
            put_run(folder / "runs" / folder_of(variant) / f"seed-{seed}", variant=variant, scale=i + 1 + seed / 10, t=t, **options)
