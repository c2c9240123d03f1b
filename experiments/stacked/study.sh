#!/usr/bin/env bash
# UFLDL's stack before and after fine-tuning; classifiers and depths; the gain from pre-training by number of labels.
source "$(dirname "$0")/../study.bash"
digits='base.data={"source": "digits", "validation": 200, "train": 500}'
compare ufldl "$digits" base.training.epochs=3 base.training.batch_size=500
compare heads "$digits" base.training.epochs=1
if [[ -z $short ]]; then "$programs/stacked" 3 50000 5; else "$programs/stacked" 1 200 1; fi
