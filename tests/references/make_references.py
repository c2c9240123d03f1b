#!/usr/bin/env python3
"""Writes tests/references/golden anew: `make references`. With --check it writes nothing and fails if a file differs from
what the packages give now.

Sums are made by one thread and by kernels for any x86-64 processor, so that the numbers do not depend on the machine."""

import os
import pathlib
import sys
import tempfile

# Read by PyTorch, MKL and oneDNN when they are loaded; SPARSIFY_... takes its decoder for CPUs.
os.environ.update({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "default",
                   "MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "SSE41", "SPARSIFY_DISABLE_TRITON": "1",
                   "WANDB_MODE": "disabled", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
                   "TRANSFORMERS_VERBOSITY": "error", "PYTHONWARNINGS": "ignore"})

import golden  # noqa: E402


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def main(check):
    with golden.quiet():
        import dictionary_learning_steps
        import formats
        import metrics
        import openai_steps
        import saelens_steps
        import sparsify_steps
    committed = golden.FOLDER
    with tempfile.TemporaryDirectory() as folder:
        golden.FOLDER = pathlib.Path(folder) / "golden"
        for module in (saelens_steps, dictionary_learning_steps, sparsify_steps, openai_steps, metrics,
                       formats):
            module.main()
        new, old = contents(golden.FOLDER), contents(committed)
    differing = sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))
    if check:
        for name in differing:
            print(f"differs: golden/{name}", file=sys.stderr)
        return 1 if differing else 0
    for name in differing:
        path = committed / name
        if name not in new:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(new[name])
    print(f"{len(new)} files, {len(differing)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] == ["--check"]))
