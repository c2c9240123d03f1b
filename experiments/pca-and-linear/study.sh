#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare codes 'base.data="digits"' budget.epochs=1 'grid={"model.code": [2]}' baseline=pca,code=2
compare swiss-roll base.data.rows=1000 budget.epochs=2
compare helix base.data.rows=1000 budget.epochs=2
