#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
"$programs/overcomplete"
compare xor budget.epochs=2 'grid={"model.code": [2, 8]}'
compare probes 'base.data={"source": "digits", "train": 200}' budget.epochs=1 'grid={"model.code": [16, 128]}' baseline=plain,code=16
compare copying base.data.count=800 base.data.validation=200 base.data.test=200 budget.epochs=1
compare images 'base.data={"source": "digits", "train": 200}' budget.epochs=1
