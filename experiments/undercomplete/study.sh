#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare models base.data.train=500 budget.epochs=1
others=()
[[ -n $short ]] || mapfile -t others < <(installed fashion-mnist)
"$programs/undercomplete" "comparisons/$(comparison models)" "${others[@]}"
