#!/usr/bin/env bash
# Usage: study.sh [--short]
source "$(dirname "$0")/../study.bash"
compare codes-of-two 'base.data="digits"' budget.epochs=1
compare hinton 'base.data="digits"' budget.epochs=1
