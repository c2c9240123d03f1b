#!/usr/bin/env bash
# The lecture's net for its 50 epochs: every number that its "88 %" may have meant.
source "$(dirname "$0")/../study.bash"
compare candidates base.data.train=200 base.data.validation=100 base.data.test=200 budget.epochs=1
