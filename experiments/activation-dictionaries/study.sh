#!/usr/bin/env bash
# Sparse dictionaries of a network's hidden layer: trains the network once, writes its codes of MNIST, and compares
# dictionaries of them.
source "$(dirname "$0")/../study.bash"

net=comparisons/$(comparison net)/runs/stack/seed-1
codes=$PWD/comparisons/$(comparison net)/codes

# written PART: the codes and labels of that split of MNIST, in a folder of its own.
written() {
  [[ -e $codes/$1/label.npy ]] && return
  rm -rf "${codes:?}/$1"
  "$aelab" apply "$net" --data "$images" --part "$1" --write code,label --output "$codes/$1" >/dev/null
}

images=mnist
[[ -z $short ]] || images=digits
compare net 'base.data={"source": "digits", "validation": 200, "train": 500}' base.training.epochs=1
written train
written test
data='{"source": "npy", "files": "%s/train/code.npy", "label_files": "%s/train/label.npy",
  "test_files": "%s/test/code.npy", "test_label_files": "%s/test/label.npy", "validation": %d}'
# shellcheck disable=SC2059
data=$(printf "$data" "$codes" "$codes" "$codes" "$codes" "$([[ -n $short ]] && echo 50 || echo 4000)")
overrides=()
[[ -z $short ]] || overrides=('seeds=[1,2]' budget.steps=5)
"$aelab" compare "$study/dictionaries.json" name="$(comparison dictionaries)" base.data="$data" "${overrides[@]}" \
  --jobs "${JOBS:-$(nproc)}" --plain
