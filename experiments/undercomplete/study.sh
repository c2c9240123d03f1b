#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare models base.data.train=500 budget.epochs=1
others=(fashion-mnist)
[[ -z $short ]] || others=()  # not included: install it with data/fetch or from Debian's package
"$programs/undercomplete" "comparisons/$(comparison models)" "${others[@]}"
