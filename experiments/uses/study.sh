#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare codes base.data.train=500 budget.epochs=1 'grid={"model.code": [10]}'
compare pixels 'base.data="digits"' base.model.code=64
compare clusters base.data.train=300 budget.epochs=1 'base.evaluation=["reconstruction"]' metric=reconstruction/mse
others=()
[[ -n $short ]] || mapfile -t others < <(installed fashion-mnist)
"$programs/uses" "comparisons/$(comparison codes)" "${others[@]}"
