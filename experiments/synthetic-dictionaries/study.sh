#!/usr/bin/env bash
# Five families of sparse dictionaries on features that are known, at a small size. The published size takes hours a
# run: aelab compare experiments/synthetic-dictionaries/full.json
source "$(dirname "$0")/../study.bash"
compare small base.data.rows=3000 base.data.test_rows=500 base.data.validation=500 base.data.of.orthogonal_steps=5 \
  budget.steps=5
