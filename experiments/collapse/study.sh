#!/usr/bin/env bash
# When code dimensions collapse: over beta with a linear decoder, where theory says how many, and with deeper ones.
source "$(dirname "$0")/../study.bash"
compare linear base.data.train=200 budget.epochs=1
compare depth base.data.train=200 budget.epochs=1 'grid={"model.backbone.hidden": [[], [16]], "model.beta": [1, 4]}'
python3 "$study/predicted.py" "comparisons/$(comparison linear)"
