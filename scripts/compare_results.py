#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows whether two result files hold the same cells: every field of every cell, its samples among them.

A change that is to leave measuring as it was is shown to do so by runs of a simulated machine before and after it,
which are equal for one seed. Cells are matched by name, and their order counts. Findings and estimates are compared
as wholes; when a run began and which build wrote it are not looked at. Fields named with --ignore are left out.
Prints a line for each difference and exits 1 when there is any, 2 when a file cannot be read as a result.
"""

import argparse
import json
import sys
from pathlib import Path

MISSING = object()
WHOLE = ("machine", "findings", "estimates")


def shown(value):
    text = "nothing" if value is MISSING else json.dumps(value)
    return text if len(text) <= 120 else text[:117] + "..."


def differing_fields(before, after):
    """Where two values differ: (path, before, after) of the innermost fields, lists as wholes."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in list(before) + [key for key in after if key not in before]:
            inner = differing_fields(before.get(key, MISSING), after.get(key, MISSING))
            yield from ((f"{key}.{path}" if path else key, old, new) for path, old, new in inner)
    elif type(before) is not type(after) or before != after:
        yield "", before, after


def named_cells(run):
    """The cells by name; a name that occurs twice is an error of the file."""
    cells = {}
    for cell in run["cells"]:
        if cell["name"] in cells:
            raise ValueError(f"two cells are named {cell['name']}")
        cells[cell["name"]] = cell
    return cells


def differences(before, after, ignored=()):
    """One line for each thing that differs between two runs."""
    old_cells, new_cells = named_cells(before), named_cells(after)
    for name in old_cells:
        if name not in new_cells:
            yield f"{name}: only in the first file"
    for name in new_cells:
        if name not in old_cells:
            yield f"{name}: only in the second file"
    common = [name for name in old_cells if name in new_cells]
    if common != [name for name in new_cells if name in old_cells]:
        yield "the cells' order differs"
    for name in common:
        for path, old, new in differing_fields(old_cells[name], new_cells[name]):
            if path.split(".")[0] not in ignored:
                yield f"{name}: {path}: {shown(old)} -> {shown(new)}"
    for part in WHOLE:
        if part in ignored:
            continue
        for path, old, new in differing_fields(before.get(part, MISSING), after.get(part, MISSING)):
            yield f"{part}{'.' + path if path else ''}: {shown(old)} -> {shown(new)}"


def read(path):
    run = json.loads(path.read_text())
    if not isinstance(run, dict) or not isinstance(run.get("cells"), list):
        raise ValueError("it holds no list of cells")
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--ignore", action="append", default=[], metavar="FIELD",
                        help="leave this field of all cells, or this part of the run, out")
    arguments = parser.parse_args()
    runs = []
    for path in (arguments.before, arguments.after):
        try:
            runs.append(read(path))
        except (OSError, ValueError, KeyError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
    try:
        found = list(differences(*runs, ignored=arguments.ignore))
    except (ValueError, KeyError, TypeError) as error:
        print(f"no result: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    cells = len(runs[0]["cells"])
    print(f"{len(found)} differences" if found else f"{cells} cells are equal in every field")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
