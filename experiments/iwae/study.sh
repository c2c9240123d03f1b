#!/usr/bin/env bash
# The reduced table. The full one takes a day: aelab compare experiments/iwae/table.json
source "$(dirname "$0")/../study.bash"
compare reduced base.data.train=200 base.data.test=100 budget.epochs=1 \
  'base.evaluation=[{"kind": "likelihood", "samples": 20, "rows": 50}]'
