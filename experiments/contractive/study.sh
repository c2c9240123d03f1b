#!/usr/bin/env bash
# The table of Rifai et al.: Jacobians, a classifier on the codes, fine-tuning; a surface with a known tangent space.
source "$(dirname "$0")/../study.bash"
digits='base.data={"source": "digits", "validation": 200, "train": 500}'
compare table "$digits" budget.epochs=1 base.model.code=20
compare weights "$digits" budget.epochs=1 base.model.code=20 'grid={"model.weight": [0, 1]}'
compare fine-tuned "$digits" base.training.epochs=1 'base.model.layers[0].code=20'
compare tangent budget.epochs=1 base.data.rows=500 base.data.test_rows=100
