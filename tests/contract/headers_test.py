#!/usr/bin/env python3
"""Public headers define no macros, and each compiles alone. The second takes minutes and is done by `make headers`
(--compile), which compiles again only those that changed, themselves or what they include.

Most of its time would go into LibTorch's headers. So a large header that a header of ours includes anyway, itself or
through others of ours, is precompiled once. That hides nothing that is missing. The compiler is the clang that belongs
to clang-tidy: it reads precompiled headers several times faster than GCC."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ["AELAB_PROGRAM"]).resolve().parent if "AELAB_PROGRAM" in os.environ else ROOT / "build/release"
STAMPS = BUILD / "headers"
INCLUDE = re.compile(r'^#include "(aelab/[^"]+)"', re.MULTILINE)
LARGE = (  # the largest first
    "aelab/runs/run_config.h",
    "aelab/models/autoencoder.h",
    "aelab/nn/parts.h",
    "torch/nn/module.h",
    "aelab/data/dataset.h",
    "ATen/core/Tensor.h",
)
DEFINE = re.compile(r"^\s*#\s*define\b.*", re.MULTILINE)


def with_includes(header, seen=None):
    """The header and all of ours that it includes, each with its text."""
    seen = {} if seen is None else seen
    if header not in seen:
        seen[header] = (ROOT / header).read_text()
        for included in INCLUDE.findall(seen[header]):
            with_includes(included, seen)
    return seen


def clang():
    found = shutil.which("clang-tidy")
    beside = pathlib.Path(found).resolve().with_name("clang++") if found else None
    if not beside or not beside.exists():
        raise SystemExit("make headers needs clang-tidy and its clang++: apt-get install clang-tidy")
    return str(beside)


def compiler():
    """How this build compiles the library, by clang, without what to compile."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if "aelab_cli.dir" in entry["command"]:  # "output" is there since CMake 3.26
            words = shlex.split(entry["command"])
            first = next(i for i, word in enumerate(words) if word.endswith(("c++", "g++", "clang++")))
            kept = [word for word in words[first + 1 : words.index("-o")] if not word.startswith(("-M", "CMakeFiles", "-fopenmp"))]
            return [clang(), *kept, "-Wno-unknown-warning-option"], entry["directory"]
    raise SystemExit("this build has no commands to compile aelab with")


def precompile(large, command, folder):
    place = STAMPS / (large.replace("/", "-") + ".pch")
    options = ["-fpch-instantiate-templates", "-x", "c++-header", "-", "-o", str(place)]
    subprocess.run([*command, *options], input=f"#include <{large}>\n", text=True, cwd=folder, check=True)
    return place


def large_within(texts):
    """The largest of the large headers among these and what they include, in a list; none where there is none."""
    whole = "".join(texts.values())
    return [large for large in LARGE if large in texts or f"#include <{large}>" in whole][:1]


def problem_with(header, command, folder, places):
    texts = with_includes(header)
    digest = hashlib.sha256(json.dumps([sorted(texts.items()), command]).encode()).hexdigest()
    stamp = STAMPS / header.replace("/", "-")
    if stamp.exists() and stamp.read_text() == digest:
        return None
    source = f'#include "{header}"\n#include "{header}"\n'
    others = {name: text for name, text in texts.items() if name != header}
    own = {"": texts[header]}  # what it includes of LibTorch itself
    first = [word for large in large_within(others | own) for word in ("-include-pch", str(places[large]))]
    result = subprocess.run(
        [*command, *first, "-fsyntax-only", "-x", "c++", "-"], input=source, capture_output=True, text=True, cwd=folder
    )
    if result.returncode:
        return f"{header} does not compile alone:\n{result.stderr[:2000]}"
    stamp.write_text(digest)
    return None


def problems_alone(headers):
    command, folder = compiler()
    STAMPS.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        places = dict(zip(LARGE, pool.map(lambda large: precompile(large, command, folder), LARGE)))
        found = list(pool.map(lambda header: problem_with(header, command, folder, places), headers))
    for place in places.values():
        place.unlink()
    return [problem for problem in found if problem]


def main():
    headers = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "aelab").rglob("*.h"))
    assert len(headers) > 80, f"only {len(headers)} headers under {ROOT / 'aelab'}"
    problems = []
    for header in headers:
        text = (ROOT / header).read_text()
        problems += [f"{header}: leaks the macro: {line}" for line in DEFINE.findall(text)]
        if not text.startswith("#pragma once\n"):
            problems.append(f"{header}: does not begin with #pragma once")
    if "--compile" in sys.argv:
        problems += problems_alone(headers)
    print("\n".join(problems) or f"{len(headers)} headers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
