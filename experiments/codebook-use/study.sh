#!/usr/bin/env bash
# How much of a codebook is used, by the way in which it is learned and by its size.
source "$(dirname "$0")/../study.bash"
compare sizes 'base.data={"source": "digits", "train": 200}' budget.epochs=1
