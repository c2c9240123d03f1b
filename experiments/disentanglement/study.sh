#!/usr/bin/env bash
# MIG and reconstruction over the weights of four variants, and whether their order is the same with every seed.
source "$(dirname "$0")/../study.bash"
compare beta base.data.rows=300 base.data.test_rows=100 base.data.validation=30 budget.epochs=1 'base.model.backbone.hidden=[16]'
python3 "$study/order.py" "comparisons/$(comparison beta)"
