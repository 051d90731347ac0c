#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the house in order: arrows between modules point down only, and a few house rules.

cli -> {report, judge, bench} -> {result, measure} -> machine -> kernels -> base. The simulator stands below
all of it behind NVIDIA's C interfaces: no module includes or links it, and it knows base and the kernels'
CPU reference kernels only. A header that says "Private to this module" is included there alone. Prints one line per finding, FILE:LINE: what is wrong, and exits 1 when there is any.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

LEVEL = {"base": 0, "kernels": 1, "machine": 2, "result": 3, "measure": 3,
         "report": 4, "judge": 4, "bench": 4, "cli": 5}
MODULES = {**LEVEL, "sim": None}
CODE = {".cpp", ".hpp", ".h", ".cu", ".cuh", ".inc"}
HEADERS = {".hpp", ".h", ".cuh", ".inc"}
MAX_LINES = 400
# Written in two pieces so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/" + r"(?:work|root)/")
ENDS_PROCESS = re.compile(r"(?<![\w.>])(?:std::)?(?:exit|_exit|_Exit|quick_exit|abort|terminate)\s*\(")
THROWS = re.compile(r"\bthrow\b")
PRIVATE = re.compile(r"\bprivate\s+(?://\s*)?to\s+(?://\s*)?this\s+(?://\s*)?module\b", re.IGNORECASE)
CATCHES = re.compile(r"\bcatch\s*\(")


def module_of(path):
    """The module a file belongs to, or None outside of the house (tests, scripts)."""
    parts = path.parts
    name = parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]
    return name if name in MODULES and (parts[0] == "src") == (name not in ("kernels", "bench")) else None


def may_use(module, other, header=None):
    """Whether the arrow module -> other points down. `header` is None for a link between libraries."""
    if module == other:
        return True
    if module == "sim":
        return other == "base" or (other == "kernels" and header in (None, "kernels/reference_kernel.h"))
    return other != "sim" and LEVEL[other] < LEVEL[module]


def without_comments_and_strings(text):
    """The code alone, with line numbers unchanged."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
    return token.sub(lambda found: "\n" * found.group().count("\n") or " ", text)


def include_name(path):
    """How a header of a module is included."""
    return "/".join(path.parts[1:] if path.parts[0] == "src" else path.parts)


def check_includes(path, text, private=frozenset()):
    module = module_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if not found:
            continue
        header = found.group(1)
        if header.startswith("../"):
            yield number, f'includes "{header}": write the path from the module on'
        other = header.split("/")[0]
        if "/" in header and other in MODULES and not may_use(module, other, header):
            yield number, f'module {module} includes "{header}", which is not below it'
        elif header in private and other != module:
            yield number, f'module {module} includes "{header}", which is private to module {other}'


def check_links(path, text):
    """Libraries of modules are named peerbench_ROOM or peerbench_ROOM_PART, the simulator's gpusim or gpusim_PART; programs
    may link anything."""
    text = re.sub(r"#[^\n]*", "", text)
    command = re.compile(r"\b(peerbench_module|target_link_libraries)\s*\(\s*(\S+)([^()]*)\)")
    for call in command.finditer(text):
        name = call.group(2) if call.group(1) != "peerbench_module" else "peerbench_" + call.group(2)
        module = library_module(name)
        for word in call.group(3).split():
            other = library_module(word)
            if module and other and not may_use(module, other):
                yield text.count("\n", 0, call.start()) + 1, f"{name} links {word}, which is not below it"


# The simulated driver, which ends a program that a real one would never let end.
ENDS_ON_PURPOSE = {"src/sim/core/state.cpp"}


def library_module(name):
    if re.match(r"gpusim(_|$)", name):
        return "sim"
    found = re.match(r"peerbench_([a-z]+)(?:_\w+)?$", name)
    return found.group(1) if found and found.group(1) in MODULES else None


def check_code(path, text):
    lines = text.count("\n")
    if lines > MAX_LINES:
        yield MAX_LINES, f"{lines} lines, more than {MAX_LINES}: there are two ideas in it"
    if module_of(path) == "cli" or str(path) in ENDS_ON_PURPOSE:
        return
    code = without_comments_and_strings(text)
    for number, line in enumerate(code.splitlines(), 1):
        if ENDS_PROCESS.search(line):
            yield number, "ends the process below cli/: return an error with its reason"
        if THROWS.search(line) and not CATCHES.search(code):
            yield number, "throws below cli/ what nothing in this file catches: return an error with its reason"


def check_result(path, text):
    try:
        run = json.loads(text)
    except ValueError as problem:
        yield 1, f"is no JSON: {problem}"
        return
    if isinstance(run, dict) and run.get("simulated") is not None:
        yield 1, "is simulated: results/ holds measured runs only"


def check_paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield number, "names a path of one particular machine"


def rules_for(path):
    module = module_of(path)
    if module and path.suffix in CODE:
        yield check_includes
        yield check_code
    if module and path.name == "CMakeLists.txt":
        yield check_links
    if path.parts[0] == "results" and path.suffix == ".json":
        yield check_result
    yield check_paths


def files_of(root):
    """Paths below root: what git knows or would add, else everything."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", root, "ls-files", "-coz", "--exclude-standard"],
                                check=True, capture_output=True, text=True).stdout
        return sorted(Path(name) for name in listed.split("\0") if name and (root / name).is_file())
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


def texts_of(root):
    for path in files_of(root):
        try:
            yield path, (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text


def findings(root):
    texts = dict(texts_of(root))
    private = {include_name(path) for path, text in texts.items()
               if module_of(path) and path.suffix in HEADERS and PRIVATE.search(text)}
    for path, text in texts.items():
        for rule in rules_for(path):
            found = rule(path, text, private) if rule is check_includes else rule(path, text)
            for number, what in found:
                yield f"{path}:{number}: {what}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    found = list(findings(parser.parse_args().root))
    print("\n".join(found) if found else "layers: in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
