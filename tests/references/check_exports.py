#!/usr/bin/env python3
"""Loads exported folders with SAELens, sparsify and dictionary_learning, and compares what they answer.

    build/references/bin/python tests/references/check_exports.py [--tolerance 1e-5] [FOLDER...]

Without a FOLDER, aelab trains and exports every family in every format (exports.py).
A FOLDER holds an export (the format is known by the weights' file name) and inputs.npy [rows, d_in], outputs.npy
[rows, d_out] and optionally codes.npy [rows, latents]: what the exporting program answers for these rows. Differences are
relative to the largest magnitude of what is expected. With codes the support must be the same, too. Prints a line for
each folder; exit code 1 if any differs or cannot be loaded, 2 if a folder is not an export with rows."""

import argparse
import pathlib
import sys
import tempfile

import numpy as np

import golden
import loading
import torch


def relative_difference(found, expected):
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30))


def check(folder, tolerance):
    """(line to print, whether it is as expected)."""
    inputs, outputs = np.load(folder / "inputs.npy"), np.load(folder / "outputs.npy")
    with golden.quiet(), torch.no_grad():
        text, answer = loading.load(folder)
        codes, found = (value.numpy() for value in answer(torch.from_numpy(inputs.astype(np.float32))))
    difference = relative_difference(found, outputs)
    parts, same = [text, f"L0 {np.count_nonzero(codes) / len(codes):g}", f"outputs differ by {difference:.1e}"], difference <= tolerance
    if (folder / "codes.npy").is_file():
        expected = np.load(folder / "codes.npy")
        difference = relative_difference(codes, expected)
        parts.append(f"codes differ by {difference:.1e}")
        same = same and difference <= tolerance
        if codes.shape == expected.shape and ((codes != 0) != (expected != 0)).any():
            parts.append(f"{((codes != 0) != (expected != 0)).sum()} latents are on in one alone")
            same = False
    return ", ".join(parts), same


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()
    if not arguments.folders:
        import exports

        with tempfile.TemporaryDirectory() as folder:
            sys.exit(compare(exports.make(pathlib.Path(folder)), arguments.tolerance))
    for folder in arguments.folders:
        if loading.format_of(folder) is None or not all((folder / name).is_file() for name in ("inputs.npy", "outputs.npy")):
            print(f"{folder}: no export (sae_weights.safetensors, sae.safetensors or ae.pt) with inputs.npy and outputs.npy",
                  file=sys.stderr)
            sys.exit(2)
    sys.exit(compare(arguments.folders, arguments.tolerance))


def compare(folders, tolerance):
    """Prints a line for each folder; whether any differs."""
    failed = False
    for folder in folders:
        try:
            text, same = check(folder, tolerance)
        except Exception as error:  # whatever a package raises is this folder's result
            text, same = f"cannot be loaded: {type(error).__name__}: {error}", False
        failed |= not same
        print(f"{'same' if same else 'DIFFERENT'}  {folder}: {text}")
    return failed


if __name__ == "__main__":
    main()
