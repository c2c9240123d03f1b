#!/usr/bin/env bash
# Five autoencoders and three samplers, by the Frechet distance in the features of a classifier of digits.
source "$(dirname "$0")/../study.bash"
features=runs/rae-classifier$short/1
sizes=()
[[ -z $short ]] || sizes=(data.train=300 data.test=200 training.epochs=1)
[[ -f $features/evaluation.json ]] || "$aelab" run "$study/../generative/classifier.json" name="rae-classifier$short" "${sizes[@]}"

# measured NAME: the comparison NAME.json, by this distance.
measured() {
  local name=$1 overrides=()
  [[ -z $short ]] || overrides=('seeds=[1,2]' base.data.train=500 base.data.validation=100 base.data.test=300 budget.epochs=1 \
    'base.evaluation[0].rows=300')
  "$aelab" compare "$study/$name.json" name="$(comparison "$name")" metric=frechet/distance \
    'base.evaluation[0].kind=frechet' "base.evaluation[0].features=$PWD/$features" \
    "${overrides[@]}" --jobs "${JOBS:-$(nproc)}" --plain
}
measured models
measured prior
