#!/usr/bin/env bash
# The reduced table. The full one takes a day: aelab compare experiments/iwae/table.json
source "$(dirname "$0")/../study.bash"
short=('base.data.train=200' 'base.evaluation=[{"kind": "likelihood", "samples": 20, "rows": 50}]' budget.epochs=1)
compare reduced "${short[@]}"
