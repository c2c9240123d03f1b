#!/usr/bin/env bash
# Training with noise: filters, robustness, features; the stacks of Vincent et al. on variations of MNIST; the score.
source "$(dirname "$0")/../study.bash"
compare levels 'base.data={"source": "digits", "validation": 200, "train": 500}' budget.epochs=1 base.model.code=20
variations=(basic rot bg-rand)
[[ -z $short ]] || variations=(rot)
for variation in "${variations[@]}"; do
  compare "$variation" 'seeds=[1]' base.data.train=200 base.data.validation=100 base.data.test=200 base.training.epochs=1
done
if [[ -z $short ]]; then "$programs/denoising" 3 20; else "$programs/denoising" 2 1; fi
