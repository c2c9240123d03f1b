#!/usr/bin/env python3
"""The rooms of aelab/ include each other only in the direction that DESIGN.md's section 2 shows, and what is
slow to compile or private stays out of headers."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))

# What each room may include beside itself.
ALLOWED = {
    "core": set(),
    "nn": {"core"},
    "data": {"core", "nn"},
    "classifiers": {"core", "data"},
    "models": {"core", "data", "nn", "classifiers"},
    "training": {"core", "data", "nn", "models"},
    "evaluation": {"core", "data", "nn", "models", "classifiers"},
    "runs": {"core", "data", "nn", "classifiers", "models", "training", "evaluation"},
    "reports": {"core"},
}
ALLOWED["comparisons"] = ALLOWED["tools"] = ALLOWED["runs"] | {"runs"}
ALLOWED["cli"] = set(ALLOWED)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
TORCH = re.compile(r"^(ATen|torch|c10)/")
TORCH_FREE = {"core", "reports"}
FORMATS = ("data", "formats")
WITH_TORCH = {"core/random.h", "core/random.cc"}


def sources():
    return sorted(p for p in (ROOT / "aelab").rglob("*") if p.suffix in {".h", ".cc"})


def problems_of(path, text):
    """What is wrong with the includes of a file, `path` relative to aelab/."""
    room = path.parts[0] if len(path.parts) > 1 else None
    for mark, name in INCLUDE.findall(text):
        if mark == '"':
            yield from problems_of_own(path, room, name)
        elif name == "torch/torch.h":
            yield f"includes <{name}>, which costs 15 s; take the fine headers"
        elif TORCH.match(name) and (room in TORCH_FREE or path.parts[:2] == FORMATS) and path.as_posix() not in WITH_TORCH:
            yield f"includes <{name}>, but {path.parent}/ has no LibTorch"
        elif path.suffix == ".h" and room != "cli" and (name == "nlohmann/json.hpp" or name.startswith("fmt/")):  # the program's own
            yield f"includes <{name}> in a header"


def problems_of_own(path, room, name):
    parts = pathlib.PurePosixPath(name).parts
    if parts[0] != "aelab" or not (ROOT / name).is_file():
        yield f'includes "{name}", which is no file from the root of the project'
    elif room is None:
        return
    elif len(parts) == 2:
        if room != "cli":
            yield f'includes "{name}", which is for programs'
    elif parts[1] != room and parts[1] not in ALLOWED.get(room, set()):
        yield f'includes "{name}", but {room}/ may include only {", ".join(sorted(ALLOWED.get(room, set()))) or "itself"}'


def check_the_check():
    """Each rule can fail."""
    wrong = {
        "core/text.h": '#include "aelab/data/split.h"',
        "data/split.h": '#include "aelab/models/phase.h"',
        "nn/step.h": '#include "aelab/data/dataset.h"',
        "training/trainer.h": '#include "aelab/evaluation/metric.h"',
        "evaluation/metric.h": '#include "aelab/training/trainer.h"',
        "models/dense.h": '#include "aelab/aelab.h"',
        "nn/step.cc": "#include <torch/torch.h>",
        "reports/page.cc": "#include <ATen/ATen.h>",
        "data/formats/idx.cc": "#include <ATen/ATen.h>",
        "core/config.h": "#include <nlohmann/json.hpp>",
        "runs/run.h": "# include <fmt/format.h>",
        "runs/run.cc": '#include "run.h"',
        "runs/record.cc": '#include "aelab/comparisons/results.h"',
        "tools/bench.cc": '#include "aelab/comparisons/results.h"',
    }
    for path, text in wrong.items():
        assert list(problems_of(pathlib.PurePosixPath(path), text)), f"{path}: {text} was accepted"
    right = {"runs/run.cc": '#include "aelab/training/trainer.h"', "core/random.h": "#include <ATen/core/Generator.h>"}
    for path, text in right.items():
        assert not list(problems_of(pathlib.PurePosixPath(path), text)), f"{path}: {text} was refused"


def main():
    check_the_check()
    files = sources()
    assert len(files) > 50, f"only {len(files)} files under {ROOT / 'aelab'}"
    problems = []
    for file in files:
        path = file.relative_to(ROOT / "aelab")
        if len(path.parts) > 1 and path.parts[0] not in ALLOWED:
            problems.append(f"aelab/{path}: the room {path.parts[0]}/ is not in DESIGN.md's map")
        problems += [f"aelab/{path}: {p}" for p in problems_of(path, file.read_text())]
    print("\n".join(problems) or f"{len(files)} files keep the directions")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
