#!/usr/bin/env bash
# The convolutional autoencoder of Golan (9.A) for 50 epochs: every metric that its "88 %" can have meant.
source "$(dirname "$0")/../study.bash"
compare candidates base.data.train=200 base.data.validation=100 base.data.test=200 budget.epochs=1
