# Begins every study.sh: source "$(dirname "$0")/../study.bash". Results go to the current folder, into comparisons/
# and runs/; what is finished there is not done again.
#   --short      the smallest sizes, under other names: minutes become seconds, and numbers mean nothing
#   $JOBS        runs at once; as many as there are processors when unset
set -euo pipefail
study=$(cd "$(dirname "$0")" && pwd)
aelab=$(realpath "${AELAB_PROGRAM:-$study/../../build/release/aelab}")
programs=$(dirname "$aelab")/experiments  # those of the studies, build/release/experiments
short=
if [[ ${1:-} == --short ]]; then short=-short; shift; fi
(($# == 0)) || { echo "usage: $0 [--short]" >&2; exit 2; }

# compare NAME [OVERRIDE ...]: the comparison of NAME.json into comparisons/<study>-NAME; overrides hold for --short.
compare() {
  local name=$1 overrides=()
  shift
  [[ -z $short ]] || overrides=('seeds=[1,2]' "$@")
  "$aelab" compare "$study/$name.json" name="$(comparison "$name")" "${overrides[@]}" \
    --jobs "${JOBS:-$(nproc)}" --plain
}

# comparison NAME: its folder's name.
comparison() { echo "$(basename "$study")-$1$short"; }

# installed SET ...: those of the data sets that aelab finds here; the others are reported.
installed() {
  local set
  for set in "$@"; do
    if "$aelab" data "{\"source\": \"$set\"}" >/dev/null 2>&1; then
      echo "$set"
    else
      echo "$(basename "$study"): $set is left out, since it is not installed (data/fetch $set)" >&2
    fi
  done
}
