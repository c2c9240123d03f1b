#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare models base.data.train=500 budget.epochs=1
"$programs/interpolation" "comparisons/$(comparison models)"
runs=comparisons/$(comparison models)/runs
strip=(--from-class 7 --to-class 4 --steps 12)
"$aelab" interpolate "$runs/deep-16/seed-1" "${strip[@]}"
"$aelab" interpolate "$runs/deep-16/seed-1" --kind grid --from-class 0 --to-class 1 --down-class 2 --diagonal-class 3
"$aelab" interpolate "$runs/deep-2/seed-1" --kind manifold --steps 12
