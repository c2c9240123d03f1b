#!/usr/bin/env bash
# Trains a VAE once, then estimates the total correlation of its codes in batches, without training it further.
source "$(dirname "$0")/../study.bash"

# trained NAME [OVERRIDE ...]: the comparison NAME.json, whose models start from the VAE's weights.
trained() {
  local name=$1 overrides=()
  shift
  [[ -z $short ]] || overrides=('seeds=[1,2]' 'base.data.rows=200' 'base.data.test_rows=50' 'budget.epochs=1' "$@")
  "$aelab" compare "$study/$name.json" name="$(comparison "$name")" "${overrides[@]}" --jobs "${JOBS:-$(nproc)}" --plain \
    base.model.initialize_from="{\"path\": \"$PWD/comparisons/$(comparison base)/runs/vae/seed-1\", \"partial\": true}"
}

compare base base.data.rows=200 base.data.test_rows=50 budget.epochs=1
trained estimates 'grid={"training.batch_size": [16, 200]}'
trained discriminator 'grid={"training.batch_size": [64]}'
python3 "$study/estimates.py" "comparisons/$(comparison estimates)" "comparisons/$(comparison discriminator)"
