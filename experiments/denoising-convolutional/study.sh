#!/usr/bin/env bash
# The lecture's net as a denoiser for its 50 epochs: every number that its "92 %" may have meant.
source "$(dirname "$0")/../study.bash"
compare candidates base.data.train=200 base.data.validation=100 base.data.test=200 budget.epochs=1
"$programs/denoising-convolutional" "comparisons/$(comparison candidates)"
