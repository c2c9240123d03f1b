"""How long the suites of this folder go on: a little in every test run, for hours with `make torture`."""

import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

LONG = bool(os.environ.get("AELAB_TORTURE"))
SEED = int(os.environ.get("AELAB_SEED", "1"))


def rounds(short, long):
    return long if LONG else short


def chance(name):
    """Random choices that AELAB_SEED changes."""
    return random.Random(f"{SEED} {name}")
