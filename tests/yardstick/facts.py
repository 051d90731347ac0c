# SPDX-License-Identifier: Apache-2.0
"""What the logs of real machines say, in words that no tool's layout shows through.

A fact is about one GPU, by its number in the log ("0"), or about one PCI device ("0000:c1:00.0").
README.md lists the facts there are.
"""
import csv
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


@dataclass(frozen=True, order=True)
class Fact:
    of: str
    what: str
    value: str


@dataclass(frozen=True)
class Log:
    path: str  # below the folder of logs
    machine: str  # the real one
    source: str
    simulated: str  # the machine of that shape: a name, or a file of machines/
    left_out: frozenset  # facts that this simulated machine does not share
    why: str

    def file(self):
        """What --simulate takes."""
        own = HERE / "machines" / f"{self.simulated}.json"
        return own if own.exists() else PROJECT / "src/sim/machines" / f"{self.simulated}.json"


def log_folder():
    """Where the logs are, if they are here."""
    named = os.environ.get("PEERBENCH_LOGS")
    return Path(named) if named else PROJECT.parent / "shared/logs"


def rows(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)


def logs():
    for row in rows("logs.tsv"):
        names, _, why = row["left out"].partition(":")
        left_out = frozenset(name.strip() for name in names.split(",") if name)
        yield Log(row["log"], row["machine"], row["source"], row["simulated"], left_out,
                  why.strip())


def facts():
    """Log -> its facts, one for each GPU."""
    found = {}
    for row in rows("facts.tsv"):
        for of in numbers(row["of"]):
            found.setdefault(row["log"], []).append(Fact(of, row["fact"], row["value"]))
    return found


def numbers(of):
    """"0-3" is four GPUs; a PCI address is itself."""
    first, dash, last = of.partition("-")
    return [str(n) for n in range(int(first), int(last) + 1)] if dash else [of]


def folded(all_facts):
    """(of, fact, value), neighbouring GPUs of the same value in one row, as facts.tsv has them."""
    runs = []
    for fact in all_facts:
        run = next((run for run in reversed(runs) if run[2] == fact.what), None)
        if run and run[3] == fact.value and fact.of.isdigit() and int(fact.of) == int(run[1]) + 1:
            run[1] = fact.of
        else:
            runs.append([fact.of, fact.of, fact.what, fact.value])
    return [(first if first == last else f"{first}-{last}", what, value)
            for first, last, what, value in runs]
