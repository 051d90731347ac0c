#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How true our sampling is, on a simulated machine whose true figures are known.

Runs a size sweep of peer copies once for each of many seeds, with noise and the cost of the host's
calls, and holds every reported median and the fitted line t = a + n / b against what the machine
file says. Then, for a few seeds on several machines, the rates of links one way and both ways, of
the ways to and through the host and of the GPUs' memories against what the machine's model gives.
Last, how long a default run takes by the clock of the machine. Nothing of this is a measurement of
a GPU.

    scripts/precision_benchmark.py [--seeds 100] [--machine dual-rtx3090-nvlink] [--rate-seeds 8]
    scripts/precision_benchmark.py --quick     the same with one seed, on a dual-card box alone

Exits 1 when a median of 1 MiB or more misses by more than 0.5 % in more than 5 of 100 seeds, or a
or b of a fit by more than 2 % in more than 5 of 100, or the mean rate of a link or memory is below
99.5 % of the model's, or a default run is longer than it may be.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
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
RATE_REACHED = 0.995  # of what the model gives
RATE_PRECISION = "0.3%"  # a default run's 1 % is more than what is looked for
RATE_MACHINES = ("dual-rtx3090-nvlink", "dual-rtx6000ada", "hgx-h100-8", "single-h200", "dgx-spark",
                 "jetson-agx-orin")  # fmt: skip
# Seconds that a default run may take on cards like these.
DURATIONS = {"dual-rtx3090-nvlink": 15, "hgx-h100-8": 90}
# As the default run has them on real GPUs, so that the start of a kernel or copy is as much beside
# them: three arrays of 4 GiB in total, copies between cards of 256 MiB.
RATE_SIZES = {"pool": 1365 << 20, "peer": 256 << 20, "host": 256 << 20}


def machine_file(name):
    text = (ROOT / "src/sim/machines" / f"{name}.json").read_text()
    machine = json.loads(re.sub(r"(^|\s)//\s.*$", "", text, flags=re.MULTILINE))
    for key in ("gpus", "links"):
        whole = []
        for one in machine.get(key, []):
            same = one.pop("same_as", None)
            whole.append(one if same is None else {**whole[same], **one})
        machine[key] = whole
    return machine


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
                   "--filter", "^peer/ce/(push|staged)/uni/gpu0-gpu1/bytes"]  # fmt: skip
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


def value(figure, otherwise):
    return figure["value"] if figure else otherwise


def copies(rates, name, latency_us, rate, ways=1):
    """Adds the rate of copies of t = a + n / b each, `ways` of them at a time."""
    size = RATE_SIZES[name.split("/")[0]]
    rates[name] = ways * size / (latency_us * 1e-6 + size / (rate / ways * 1e9)) / 1e9


def links_of(machine):
    """(latency in us, GB/s one way, sum of both ways) between the first two GPUs; none: staged."""
    if len(machine["gpus"]) < 2:
        return None
    for link in machine.get("links", []):
        if link["a"] == 0 and (link["kind"] == "nvswitch" or link.get("b") == 1):
            rate = link["up"] * link["raw_gbs_per_link"]["value"] * link["copy_efficiency"]["value"]
            both = 2 * rate * value(link.get("both_ways_efficiency"), 1)
            return link["copy_latency_us"]["value"], rate, both
    gpu = machine["gpus"][0]
    if "peer_gbs" not in gpu:
        return None
    rate = gpu["peer_gbs"]["value"]
    latency = value(gpu.get("peer_copy_latency_us"), gpu["copy_latency_us"]["value"])
    return latency, rate, value(gpu.get("peer_both_ways_gbs"), 2 * rate)


def modelled_rates(machine):
    """GB/s by a cell's name without its size, as the machine file has them; of copies between
    memories that of t = a + n / b."""
    gpu = machine["gpus"][0]
    copy = gpu["local_copy_gbs"]["value"]
    rates = {
        "pool/sm/read/gpu0/device": value(gpu.get("read_gbs"), copy),
        "pool/sm/write/gpu0/device": value(gpu.get("write_gbs"), copy),
        "pool/sm/copy/gpu0/device": copy,
        "pool/sm/triad/gpu0/device": copy,
        "pool/ce/copy/gpu0/device": copy,
    }
    for way, key, pair in (("h2d", "host_to_device_gbs", "host0-gpu0"),
                           ("d2h", "device_to_host_gbs", "gpu0-host0")):
        if key in gpu:
            copies(rates, f"host/ce/{way}/uni/{pair}/pinned", 0, gpu[key]["value"])
    if len(machine["gpus"]) < 2:
        return rates
    staging = machine["host"]["staging"]
    latency = staging["copy_latency_us"]["value"]
    copies(rates, "peer/ce/staged/uni/gpu0-gpu1", latency, staging["one_way_gbs"]["value"])
    copies(rates, "peer/ce/staged/bi/gpu0-gpu1", latency, staging["total_gbs"]["value"], 2)
    link = links_of(machine)
    if link is None:
        return rates
    latency, one_way, both_ways = link
    for engine, start in (("ce", latency), ("sm", 0)):
        for kind in ("push", "pull"):
            copies(rates, f"peer/{engine}/{kind}/uni/gpu0-gpu1", start, one_way)
        copies(rates, f"peer/{engine}/push/bi/gpu0-gpu1", start, both_ways, 2)
    return rates


def run_rates(program, name, family, seed):
    """(name, reported over modelled) of each cell of one family, where the machine has any."""
    machine = machine_file(name)
    rates = modelled_rates(machine)
    expected = {cell: rate for cell, rate in rates.items() if cell.startswith(family)}
    if not expected:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / f"{name}.json"
        file.write_text(json.dumps({**machine, "seed": seed}))
        output = pathlib.Path(folder) / "result.json"
        names = "|".join(re.escape(cell) for cell in expected)
        command = [program, "run", "--simulate", str(file), "--quiet", "--output", str(output),
                   "--precision", RATE_PRECISION, "--budget", "60s",
                   "--sizes", str(RATE_SIZES[family]), "--filter", f"^({names})/bytes"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if not output.exists():
            raise SystemExit(f"{name}: {' '.join(command)}: {done.stderr or done.stdout}")
        cells = json.loads(output.read_text())["cells"]
    bare = {cell["name"].rsplit("/bytes", 1)[0]: cell for cell in cells}
    missing = [cell for cell in expected if not bare.get(cell, {}).get("median")]
    if missing:
        raise SystemExit(f"{name}: not measured: {', '.join(missing)}; {' '.join(command)}")
    return [(cell, bare[cell]["median"] / expected[cell]) for cell in expected]


def rates_are_reached(arguments):
    """Prints a line a rate; whether each is reached in the mean over the seeds."""
    print(f"\nSIMULATED, reported over modelled rate, {arguments.rate_seeds} seeds")
    good = True
    for name in arguments.rate_machines:
        shares = {}
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            seeds = range(1, arguments.rate_seeds + 1)
            runs = pool.map(lambda run, name=name: run_rates(arguments.program, name, *run),
                            itertools.product(RATE_SIZES, seeds))  # fmt: skip
            for run in runs:
                for cell, share in run:
                    shares.setdefault(cell, []).append(share)
        for cell, found in shares.items():
            mean = sum(found) / len(found)
            reached = mean >= RATE_REACHED
            good = good and reached
            print(f"{name:20} {cell:30} mean {mean:.4f}, lowest {min(found):.4f}"
                  f"{'' if reached else '  below'}")  # fmt: skip
    return good


def virtual_seconds(program, name):
    """When the last operation of a default run ended, by the clock of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / "trace"
        command = [program, "run", "--simulate", name, "--quiet"]
        subprocess.run(command, capture_output=True, timeout=900, check=True,
                       env={**os.environ, "PEERBENCH_SIM_TRACE": str(trace)})  # fmt: skip
        with trace.open("rb") as lines:
            return max(json.loads(line).get("end_ns", 0) for line in lines) * 1e-9


def runs_are_short(arguments):
    print("\nSIMULATED, how long a default run takes by the machine's clock")
    good = True
    for name, most in arguments.durations.items():
        seconds = virtual_seconds(arguments.program, name)
        good = good and seconds < most
        print(f"{name:20} {seconds:.1f} s, allowed {most} s{'' if seconds < most else '  too long'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/peerbench"))
    parser.add_argument("--machine", default="dual-rtx3090-nvlink")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--noise", type=float, default=0.02, help="of one operation's duration")
    parser.add_argument("--sizes", default="4KiB,16KiB,64KiB,256KiB,1MiB,4MiB")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rate-seeds", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="one seed, a dual-card box alone")
    arguments = parser.parse_args()
    arguments.rate_machines, arguments.durations = RATE_MACHINES, DURATIONS
    if arguments.quick:
        arguments.seeds = arguments.rate_seeds = 1
        arguments.rate_machines = [arguments.machine]
        arguments.durations = {arguments.machine: DURATIONS[arguments.machine]}
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
    precise = not failed and len(lines) == 2 * len(KINDS)
    reached = rates_are_reached(arguments)
    short = runs_are_short(arguments)
    print(f"{'precise' if precise and reached else 'not precise'} enough,"
          f" {'short' if short else 'not short'} enough")  # fmt: skip
    return 0 if precise and reached and short else 1


if __name__ == "__main__":
    sys.exit(main())
