#!/usr/bin/env bash
# Noise in training: filters, robustness, features; Vincent's stacks on variations of MNIST; the residual as a score.
source "$(dirname "$0")/../study.bash"
compare levels 'base.data={"source": "digits", "validation": 200, "train": 500}' budget.epochs=1 base.model.code=20
for variation in basic rot bg-rand; do
  compare $variation base.data.train=200 base.data.validation=100 base.data.test=200 base.training.epochs=1
done
if [[ -z $short ]]; then "$programs/denoising" 5 40; else "$programs/denoising" 2 1; fi
