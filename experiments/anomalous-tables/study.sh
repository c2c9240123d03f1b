#!/usr/bin/env bash
# Anomalies in 20 tables of KEEL (data/fetch keel), by five autoencoders. The peers are another command: peers.py.
#   $KEEL    the folder of the tables; by default data/keel. With --short the one table is data/digits.
source "$(dirname "$0")/../study.bash"
data=$(realpath "$study/../../data")

# judge NAME FILE NORMAL [OVERRIDE ...]: the comparison of one table, whose last column is its label. A code has half as
# many dimensions as the table has columns.
judge() {
  local name=$1 file=$2 normal=$3 first columns
  shift 3
  first=$(if [[ $file == *.gz ]]; then zcat "$file"; else cat "$file"; fi | head -n 1 || true)
  columns=$(tr -dc , <<<"$first" | wc -c)
  "$aelab" compare "$study/comparison.json" name="$(comparison "$name")" \
    "base.data={\"source\": \"csv\", \"files\": \"$file\", \"header\": false, \"label\": $columns, \"normal\": \"$normal\",
      \"stratified\": true, \"test\": 0.4, \"validation\": 0.1, \"transforms\": [\"columns\"]}" \
    "base.model.code=$(((columns + 1) / 2))" "$@" --jobs "${JOBS:-$(nproc)}" --plain
}

if [[ $short ]]; then
  judge digits "$data/digits/digits.csv.gz" 0 'seeds=[1,2]' base.training.epochs=1 'variants[0].set.training.epochs=1'
  exit
fi
tables=("${KEEL:-$data/keel}"/*.dat)
[[ -e ${tables[0]} ]] || { echo "anomalous-tables: the tables are not installed: data/fetch keel" >&2; exit 2; }
for table in "${tables[@]}"; do judge "$(basename "$table" .dat)" "$table" negative; done
