#!/usr/bin/env bash
# Denoising, contractive, neither and both at the same capacity; sensitivity to hyperparameters; gradient variance.
source "$(dirname "$0")/../study.bash"
digits='base.data={"source": "digits", "validation": 200, "train": 500}'
compare matched "$digits" budget.epochs=1 base.model.code=20
compare sensitivity "$digits" budget.epochs=1 base.model.code=20
"$programs/denoising-or-contractive" "comparisons/$(comparison matched)"
