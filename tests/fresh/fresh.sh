#!/usr/bin/env bash
# The README's commands on a bare system: a clone of HEAD in a Debian or Ubuntu that has only python3 and make, as root
# in a folder that is deleted at the end. Nothing of this machine is visible there but its package configuration, its
# package caches and its compiler cache. Twice:
#   shim   the set-up where python3 is a shim early in PATH, as pyenv's is
#   bare   `make demo`; an installation and a project that uses it, without the checkout; `make test`, in which nothing
#          may be skipped that tests/permitted-skips.txt does not list
# Run it by `make fresh`; or name the passes: tests/fresh/fresh.sh bare
set -euo pipefail
script=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$script")/../.."

say() {
  local seconds=$(($(date +%s) - begun))
  printf '== %d:%02d %s\n' $((seconds / 60)) $((seconds % 60)) "$*"
}
fail() { echo "make fresh: $*" >&2; exit 1; }

# --- What is carried over from this machine ---

# NAME=VALUE of what package clients read: proxies, certificates, and pip's configuration from all of its files.
client_variables() {
  env | grep -iE '^(ssl_cert_|requests_ca|curl_ca|(http|https|no|all|ftp)_proxy)[a-z_]*=' || true
  python3 -m pip config list 2>/dev/null | python3 -c '
import ast, sys
found = {}
for line in sorted(sys.stdin, key=lambda line: line.startswith(":env:")):  # the environment comes last and wins
    key, value = line.strip().split("=", 1)
    section, name = key.rsplit(".", 1)
    if section in ("global", "install", ":env:"):
        found[name.upper().replace("-", "_")] = " ".join(ast.literal_eval(value).split())
for name, value in found.items():
    print(f"PIP_{name}={value}")' || true
}

# The local files and folders that the lines on stdin mention. An index refers to files beside it, so of an index it is
# the folder around it.
local_places() {
  tr ' =' '\n\n' | while read -r word; do
    case $word in
      file:/*/simple | file:/*/simple/) word=$(dirname "/${word#file:*/}") ;;
      file:*) word=/${word#file:*/} ;;
    esac
    word=/$(sed 's|^/*||' <<<"$word")
    [[ $word != / && -e $word ]] && echo "$word"
  done | sort -u
}

# What apt downloads its package lists from: URI RELEASE COMPONENT.
apt_sources() { apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u; }

carry_apt() {  # ROOT
  local list parts trusted auth preferences
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d trusted Dir::Etc::trustedparts/d \
    auth Dir::Etc::netrcparts/d preferences Dir::Etc::preferencesparts/d)"
  : >"$1/etc/apt/sources.list"
  [[ -f $list ]] && cp --remove-destination "$list" "$1/etc/apt/sources.list"
  copy_folder "$parts" "$1/etc/apt/sources.list.d"
  copy_folder "$trusted" "$1/etc/apt/trusted.gpg.d"
  copy_folder "$auth" "$1/etc/apt/auth.conf.d"
  copy_folder "$preferences" "$1/etc/apt/preferences.d"
  copy_folder /etc/apt/keyrings "$1/etc/apt/keyrings"
  copy_folder /usr/share/keyrings "$1/usr/share/keyrings"
  apt-config dump | grep '^Acquire::' >"$1/etc/apt/apt.conf.d/90carried"
}

# The links of the system that is copied into lead into this one: they are replaced, never followed.
copy_folder() { if [[ -d $1 ]]; then mkdir -p "$2" && cp -rL --remove-destination "$1/." "$2"; fi; }  # FROM TO

# --- The bare system ---

make_base() {  # FOLDER
  local codename mirror proxy
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  mirror=$(apt_sources | awk -v release="$codename" '$2 == release && $3 == "main" {print $1; exit}')
  [[ $mirror ]] || fail "apt has no source for $codename main"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [[ -z ${proxy:-} || $proxy == DIRECT ]] || export http_proxy=$proxy
  debootstrap --variant=minbase --include=python3,make,ca-certificates "$codename" "$1" "$mirror" >"$1.log" 2>&1 ||
    { tail -n 5 "$1.log" >&2; fail "debootstrap failed"; }
  carry_apt "$1"
  copy_folder /etc/ssl/certs "$1/etc/ssl/certs"
  cp -L --remove-destination /etc/resolv.conf /etc/hosts "$1/etc/"
}

make_root() {  # NAME
  root=$work/$1
  cp -a "$work/base" "$root"
  mkdir -p "$root/cache" "$root/opt/shims"
  printf '#!/bin/sh\nexec /usr/bin/python3 "$@"\n' >"$root/opt/shims/python3"
  chmod +x "$root/opt/shims/python3"
  git clone --quiet . "$root/root/aelab"

  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mkdir -p "$work"/cache/{pip,ccache,apt/partial} "$root/var/cache/apt/archives"
  mount --bind "$work/cache" "$root/cache"
  mount --bind "$work/cache/apt" "$root/var/cache/apt/archives"
  if command -v ccache >/dev/null; then
    local cache
    cache=$(ccache --get-config cache_dir)
    mkdir -p "$cache"
    mount --bind "$cache" "$root/cache/ccache"
  fi
  local place
  while read -r place; do
    if [[ -d $place ]]; then
      mkdir -p "$root$place"
      mount --bind -o ro "$place" "$root$place"
    elif [[ ! -e $root$place ]]; then
      mkdir -p "$(dirname "$root$place")"
      cp -L "$place" "$root$place"
    fi
  done < <({ client_variables; apt_sources; } | local_places | grep -v '^/etc/ssl/certs$')
}

in_root() {  # NAME COMMAND, in the checkout
  local variables
  mapfile -t variables < <(client_variables)
  say "$1"
  env -i "${variables[@]}" HOME=/root LANG=C.UTF-8 TERM=dumb PATH="$path" PIP_CACHE_DIR=/cache/pip CCACHE_DIR=/cache/ccache \
    chroot "$root" bash -euc "cd /root/aelab; $2" </dev/null
}

# --- The passes ---

plain=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

pass_shim() {
  path=/opt/shims:$plain
  in_root "set-up, python3 being a shim" "make set-up; build/python/bin/python -c 'import torch'"
}

pass_bare() {
  path=$plain
  in_root "make demo" "make demo"
  in_root "an installation and a project that uses it, without the checkout" '
    cmake --install build/release --prefix /opt/aelab >/dev/null
    cp -r experiments/your-own experiments/first-run /srv
    mv /root/aelab /root/gone; mkdir /root/aelab  # this shell stands in it
    cd /srv/your-own
    cmake -S . -B build -DCMAKE_PREFIX_PATH=/opt/aelab -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    cmake --build build -j $(nproc)
    build/your-own run --quiet run.json
    build/your-own compare comparison.json
    build/plain-loop
    build/your-own-tests --gtest_brief=1 --gtest_filter="EveryConfig/*:EveryVariant.Maps*:EverySource.*"
    mv /opt/aelab /opt/moved
    /opt/moved/bin/aelab run --quiet /srv/first-run/run.json
    rmdir /root/aelab; mv /root/gone /root/aelab'
  in_root "make test" "make test; tests/skips.py --strict build/release/tests.xml >skips.txt || { cat skips.txt; exit 1; }"
}

# --- Each step in a namespace of its own: its mounts and processes end with it, however it ends, and are never seen by
# --- what deletes the folder

apart() {  # FUNCTION ARGUMENT ...
  local code=0
  unshare --mount --propagation private --pid --fork --kill-child "$script" --apart "$work" "$begun" "$@" &
  namespace=$!
  wait "$namespace" || code=$?
  namespace=
  return "$code"
}

run_pass() {  # NAME
  make_root "$1"
  "pass_$1"
}

discard() {  # FOLDER
  if grep -qF " $1/" /proc/self/mountinfo; then fail "something is mounted in $1, which is therefore left as it is"; fi
  rm -rf --one-file-system "$1"
}

main() {  # PASS ...
  ((EUID == 0)) || fail "only root can make a bare system (debootstrap, mount, chroot). Nothing was tested."
  [[ -f /etc/debian_version ]] || fail "this is neither Debian nor Ubuntu. Nothing was tested."
  unshare --mount --pid --fork true 2>/dev/null || fail "mounting is not permitted here (a container?). Nothing was tested."
  if ! command -v debootstrap >/dev/null; then
    apt-get update -qq
    apt-get install -qq --no-install-recommends debootstrap >/dev/null
  fi
  begun=$(date +%s)
  [[ -z $(git status --porcelain) ]] || say "note: the last commit is tested, without the changes since"

  work=$(mktemp -d "${TMPDIR:-/tmp}/aelab-fresh-XXXXXX")
  chmod 755 "$work"
  trap '[[ -z ${namespace:-} ]] || kill -KILL "$namespace"; wait; discard "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  say "debootstrap"
  apart make_base "$work/base"
  local pass
  for pass in "$@"; do
    apart run_pass "$pass"
    discard "$work/$pass"
  done
}

if [[ ${1:-} == --apart ]]; then
  work=$2 begun=$3
  "${@:4}"
elif (($#)); then
  main "$@"
else
  main shim bare
fi
