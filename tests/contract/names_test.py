#!/usr/bin/env python3
"""Functions, types and constants of anonymous namespaces have names that are unique in their room: Release
compiles its sources as one unit. Aliases may be repeated. The scripts of a report's page are one script, and share no
top-level names either."""

import collections
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))

# Comments, literals and lines of the preprocessor, in which braces and names mean nothing.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'|^\s*#(?:\\\n|[^\n])*', re.DOTALL | re.MULTILINE)
TYPE = re.compile(r"\b(?:struct|class|enum(?:\s+class)?|union)\s+(\w+)[^;()=]*$")
ALIAS = re.compile(r"\s*(?:using|namespace|catch)\b")  # and handlers of a function's body
FUNCTION = re.compile(r"(?<![\w:.~])(?!operator\b)(\w+)\s*$")
CONSTANT = re.compile(r"\b(\w+)(?:\s*\[[^\]]*\])*\s*(?:=|$)")
SCRIPTED = re.compile(r"^(?:(?:async\s+)?function\*?|const|let|class)\s+(\w+)", re.MULTILINE)  # not indented
NAMESPACE = re.compile(r"(?:^|\s)namespace(?:\s+([\w:]+))?\s*$")


def name_in(head):
    """The name that a declaration at namespace scope defines; `head` ends before its body or its semicolon."""
    head = re.sub(r"^\s*(?:template\s*<[^{;]*?>\s*(?=[\w:]))?", "", head)
    if ALIAS.match(head):
        return None
    if match := TYPE.search(head):
        return match[1]
    equals = head.find("=")
    parenthesis = head.find("(")
    if parenthesis >= 0 and (equals < 0 or parenthesis < equals):
        match = FUNCTION.search(head[:parenthesis])
        return match[1] if match else None
    match = CONSTANT.search(head)
    return match[1] if match and re.search(r"\w[\s&*>]+\w+", head) else None


def names_of(text):
    """The names that are defined at namespace scope of its anonymous namespaces."""
    text = NO_CODE.sub(" ", text)
    scopes, names, head, depth = [], set(), "", 0  # depth: of braces that are no namespace's
    for token in re.findall(r"[{};]|[^{};]+", text):
        inside = None in scopes and depth == 0
        if token == "{":
            space = NAMESPACE.search(head) if depth == 0 else None
            if space:
                scopes.append(space[1])
            else:
                if inside:
                    names.add(name_in(head))
                depth += 1
            head = ""
        elif token == "}":
            if depth:
                depth -= 1
            elif scopes:
                scopes.pop()
            head = ""
        elif token == ";":
            if inside and ("=" in head or "(" not in head):  # no mere declaration of a function
                if not re.match(r"\s*(?:struct|class)\s", head):
                    names.add(name_in(head))
            head = ""
        else:
            head += token
    return names - {None}


def twice(files):
    """(room, name) -> files, of those names that several have."""
    found = collections.defaultdict(list)
    for path, text in files:
        for name in names_of(text):
            found[path.parts[0], name].append(path.as_posix())
    return {key: paths for key, paths in found.items() if len(paths) > 1}


def twice_in_scripts(files):
    """name -> files, of those top-level names that scripts define more than once."""
    found = collections.defaultdict(list)
    for name, text in files:
        for defined in SCRIPTED.findall(text):
            found[defined].append(name)
    return {defined: names for defined, names in found.items() if len(names) > 1}


def check_the_check():
    text = """
    namespace aelab { namespace {
    struct Point { int x = 0; int moved(int by) const { return x + by; } };
    constexpr double kMost = 3;  // struct Comment
    std::vector<int> counts(const Point& p, int n = 2) { auto local = "};"; if (n) { return {}; } return {}; }
    int declared(int);
    template <class T>
    T larger(T a, T b) { return a; }
    using Names = std::vector<std::string>;
    const std::map<int, int> table = {{1, 2}};
    enum class Side { left, right };
    }
    void exported() {}
    }
    """
    expected = {"Point", "kMost", "counts", "larger", "table", "Side"}
    assert names_of(text) == expected, names_of(text) ^ expected
    of = lambda *names: [(pathlib.PurePosixPath(name), text) for name in names]
    assert len(twice(of("nn/a.cc", "nn/b.cc"))) == len(expected)
    assert not twice(of("nn/a.cc", "data/b.cc"))
    scripts = [("a.js", "function draw() {\n  const x = 1;\n}\nconst width = 2;\n"), ("b.js", "const x = 1;\nasync function draw() {}\n")]
    assert twice_in_scripts(scripts) == {"draw": ["a.js", "b.js"]}, twice_in_scripts(scripts)


def main():
    check_the_check()
    files = sorted((ROOT / "aelab").rglob("*.cc"))
    assert len(files) > 50, f"only {len(files)} files under {ROOT / 'aelab'}"
    problems = twice((file.relative_to(ROOT / "aelab"), file.read_text()) for file in files)
    for (room, name), paths in sorted(problems.items()):
        print(f"{name} is defined in anonymous namespaces of {' and '.join(paths)}: rename one, {room}/ is compiled as one unit")
    scripts = sorted((ROOT / "aelab/reports/page").glob("*.js"))
    assert len(scripts) > 5, f"only {len(scripts)} scripts"
    repeated = twice_in_scripts((script.name, script.read_text()) for script in scripts)
    for name, places in sorted(repeated.items()):
        print(f"{name} is defined in {' and '.join(places)}: rename one, a page has all of them in one script")
    if not problems and not repeated:
        print(f"{len(files)} sources share no names of anonymous namespaces, {len(scripts)} scripts no names")
    return 1 if problems or repeated else 0


if __name__ == "__main__":
    sys.exit(main())
