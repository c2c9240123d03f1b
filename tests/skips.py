#!/usr/bin/env python3
"""Prints the skipped tests that tests/permitted-skips.txt does not list, from the records that ctest writes.

    tests/skips.py build/release/tests.xml             for people
    tests/skips.py --strict build/release/tests.xml    and exits with 1 if there is one

A test is skipped as a whole, which ctest knows, or in part: a script's methods, which tests/cli/program.py reports, and
tests of a suite of GoogleTest's."""

import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree

LIST = pathlib.Path(__file__).with_name("permitted-skips.txt")
IN_PART = re.compile(r"^\[  SKIPPED \] (?!\d+ test)([\w.]+): (.*)$", re.MULTILINE)
OF_A_SUITE = re.compile(r"^\[ RUN      \] (\S+)\n((?:.*\n)*?)\[  SKIPPED \] \1 \(", re.MULTILINE)
COUNTED = re.compile(r"\(.*?skipped=(\d+)")


def permitted():
    lines = [line.split(None, 1) for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    if bare := [line[0] for line in lines if len(line) < 2]:
        sys.exit(f"{LIST.name}: {bare[0]} has no reason")
    return dict(lines)


def last_sentence(output):
    said = [line for line in output.splitlines() if line.strip() and not line.startswith(("[", "Note: "))]
    return said[-1].strip() if said else "no reason is given"


def skipped_in(test):
    """(name, reason) of a testcase."""
    name, output = test.get("name"), test.findtext("system-out") or ""
    if test.find("skipped") is not None or test.get("status") in ("notrun", "disabled"):
        return [(name, last_sentence(output))]
    found = [(f"{name}:{method}", reason) for method, reason in IN_PART.findall(output)]
    found += [(f"{name.split('.')[0]}.{single}", last_sentence(said)) for single, said in OF_A_SUITE.findall(output)]
    counted = sum(map(int, COUNTED.findall(output)))
    if counted > len(found):  # by unittest, without program.main
        found.append((name, f"{counted - len(found)} of its tests, for reasons that it does not print"))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="+", type=pathlib.Path, help="ctest's JUnit files")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if one is not permitted")
    options = parser.parse_args()
    allowed, found = permitted(), []
    for record in options.records:
        tests = list(xml.etree.ElementTree.parse(record).iter("testcase"))
        if not tests:
            sys.exit(f"{record}: no test was run")
        found += [skip for test in tests for skip in skipped_in(test) if skip[0] not in allowed]
    for name, reason in found:
        print(f"skipped: {name}: {reason}")
    if found and options.strict:
        print(f"{len(found)} skipped; tests/{LIST.name} lists what may be")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
