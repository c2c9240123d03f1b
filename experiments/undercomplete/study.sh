#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare models base.data.train=500 budget.epochs=1
others=(fashion-mnist)
[[ -z $short ]] || others=()  # not shipped: data/fetch brings it, or Debian's package
"$programs/undercomplete" "comparisons/$(comparison models)" "${others[@]}"
