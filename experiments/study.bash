# Sourced by every study.sh: source "$(dirname "$0")/../study.bash". Results are written to comparisons/ and runs/ in
# the current folder; completed runs are not repeated.
#   --short      uses the smallest sizes and other names: seconds instead of minutes, but the results are not meaningful
#   $JOBS        the number of parallel runs; by default the number of processors
set -euo pipefail
study=$(cd "$(dirname "$0")" && pwd)
aelab=$(realpath "${AELAB_PROGRAM:-$study/../../build/release/aelab}")
programs=$(dirname "$aelab")/experiments  # the programs of the studies, build/release/experiments
short=
if [[ ${1:-} == --short ]]; then short=-short; shift; fi
(($# == 0)) || { echo "usage: $0 [--short]" >&2; exit 2; }

# compare NAME [OVERRIDE ...]: runs the comparison NAME.json and writes it to comparisons/<study>-NAME. The overrides
# apply only with --short.
compare() {
  local name=$1 overrides=()
  shift
  [[ -z $short ]] || overrides=('seeds=[1,2]' "$@")
  "$aelab" compare "$study/$name.json" name="$(comparison "$name")" "${overrides[@]}" \
    --jobs "${JOBS:-$(nproc)}" --plain
}

# comparison NAME: prints the name of its folder.
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
