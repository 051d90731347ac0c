#!/usr/bin/env python3
"""How true our sampling is, on a simulated machine whose true figures are known.

Runs a size sweep of peer copies once for each of many seeds, with noise and the cost of the host's
calls, and holds every reported median and the fitted line t = a + n / b against what the machine
file says. Nothing of this is a measurement of a GPU.

    scripts/precision_benchmark.py [--seeds 100] [--machine dual-rtx3090-nvlink]

Exits 1 when a median of 1 MiB or more misses by more than 0.5 % in more than 5 of 100 seeds, or a
or b of a fit by more than 2 % in more than 5 of 100.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRECISION = 0.005  # asked for, and allowed between median and model
FIT_ERROR = 0.02
ENOUGH = 0.95  # of the seeds
JUDGED_FROM = 1 << 20  # bytes
KINDS = ("push", "staged")


def machine_file(name):
    text = (ROOT / "src/sim/machines" / f"{name}.json").read_text()
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


def model(machine, kind):
    """(a in us, b in GB/s) of a copy from gpu0 to gpu1, as the machine file has them."""
    if kind == "staged":
        staging = machine["host"]["staging"]
        return staging["copy_latency_us"]["value"], staging["one_way_gbs"]["value"]
    link = next(one for one in machine["links"] if (one["a"], one.get("b")) == (0, 1))
    rate = link["up"] * link["raw_gbs_per_link"]["value"] * link["copy_efficiency"]["value"]
    return link["copy_latency_us"]["value"], rate


def run_seed(program, machine, seed, noise, sizes):
    """The result document of one sweep."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / f"{machine['name']}.json"
        file.write_text(json.dumps({**machine, "seed": seed, "noise_cv": noise}))
        output = pathlib.Path(folder) / "result.json"
        command = [program, "run", "--simulate", str(file), "--quiet", "--output", str(output),
                   "--precision", f"{PRECISION * 100}%", "--budget", "60s", "--sizes", sizes,
                   "--filter", "^peer/ce/(push|staged)/uni/gpu0-gpu1/"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if not output.exists() or done.returncode not in (0, 1):
            raise SystemExit(f"seed {seed}: {' '.join(command)}: {done.stderr or done.stdout}")
        return json.loads(output.read_text())


class Count:
    def __init__(self, allowed):
        self.allowed, self.errors, self.samples = allowed, [], []

    def add(self, value, true, samples=0):
        self.errors.append(value / true - 1)
        self.samples.append(samples)

    @property
    def within(self):
        return sum(abs(error) <= self.allowed for error in self.errors)

    def good(self):
        return self.within >= ENOUGH * len(self.errors)

    def words(self):
        worst = max(self.errors, key=abs)
        mean = sum(self.errors) / len(self.errors)
        return (f"{self.within:4d} of {len(self.errors)} within {self.allowed:.1%},"
                f" mean error {mean:+.3%}, worst {worst:+.2%}")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/peerbench"))
    parser.add_argument("--machine", default="dual-rtx3090-nvlink")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--noise", type=float, default=0.02, help="of one operation's duration")
    parser.add_argument("--sizes", default="4KiB,16KiB,64KiB,256KiB,1MiB,4MiB")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    machine = machine_file(arguments.machine)

    medians, lines = {}, {}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = pool.map(
            lambda seed: run_seed(arguments.program, machine, seed, arguments.noise,
                                  arguments.sizes),
            range(1, arguments.seeds + 1))  # fmt: skip
        for run in runs:
            for cell in run["cells"]:
                a, b = model(machine, cell["kind"])
                if cell["status"] != "ok":
                    raise SystemExit(f"{cell['name']}: {cell['status']}: {cell['reason']}")
                true = cell["bytes"] / (a * 1e-6 + cell["bytes"] / (b * 1e9)) / 1e9
                count = medians.setdefault((cell["kind"], cell["bytes"]), Count(PRECISION))
                count.add(cell["median"], true, cell["n"])
            for fit in run["fits"]:
                kind = next(kind for kind in KINDS if f"/{kind}/" in fit["name"])
                a, b = model(machine, kind)
                lines.setdefault((kind, "a"), Count(FIT_ERROR)).add(fit["latency_us"], a)
                lines.setdefault((kind, "b"), Count(FIT_ERROR)).add(fit["rate_gbs"], b)

    print(f"SIMULATED {machine['name']}, {arguments.seeds} seeds, noise {arguments.noise:.1%},"
          f" --precision {PRECISION:.1%}")  # fmt: skip
    for (kind, size), count in sorted(medians.items()):
        mean_n = sum(count.samples) / len(count.samples)
        judged = "" if size >= JUDGED_FROM else "  (not judged)"
        print(f"{kind:7} {size >> 10:6d} KiB {count.words()}, {mean_n:.0f} samples{judged}")
    for (kind, letter), count in sorted(lines.items()):
        print(f"{kind:7} fit, {letter}    {count.words()}")
    failed = [count for (_, size), count in medians.items() if size >= JUDGED_FROM]
    failed = [count for count in [*failed, *lines.values()] if not count.good()]
    print("not precise enough" if failed or len(lines) != 2 * len(KINDS) else "precise enough")
    return 1 if failed or len(lines) != 2 * len(KINDS) else 0


if __name__ == "__main__":
    sys.exit(main())
