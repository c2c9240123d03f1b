#!/usr/bin/env bash
# UFLDL's sparse autoencoder; L1, KL and k-sparse codes truncated to the same L0, and their activation maps.
source "$(dirname "$0")/../study.bash"
digits='base.data={"source": "digits", "validation": 200, "train": 500}'
compare ufldl "$digits" budget.epochs=3 base.training.batch_size=500
compare equal-l0 "$digits" budget.epochs=1
"$programs/sparse" "comparisons/$(comparison equal-l0)" 25
