#!/usr/bin/env bash
# Six autoencoders on binarized MNIST, on equal terms.
source "$(dirname "$0")/../study.bash"
compare compare base.data.train=300 base.data.validation=100 base.data.test=200 budget.epochs=1
