# SPDX-License-Identifier: Apache-2.0
"""The GPU check on simulated machines, with stand-ins for nvidia-smi, compute-sanitizer and PyTorch.

    gpu_check_test.py BUILD_DIR [CLASS]
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
BUILD = pathlib.Path(sys.argv.pop(1))
PROGRAM = BUILD / "bin" / "peerbench"
ALL_STEPS = ("facts machine loader cold sizes host run peer nccl crosscheck variants memcheck too_large interrupted "
             "invisible repeat memcheck_all initcheck racecheck synccheck clocks").split()

NVIDIA_SMI = """#!/bin/sh
case "$*" in
  *-lms*) echo "timestamp, index, clocks.sm [MHz], clocks.mem [MHz]"
          while :; do echo "now, 0, 1980 MHz, 2619 MHz"; echo "now, 0, 345 MHz, 2619 MHz"; sleep 0.1; done ;;
  *compute-apps*) ;;
  *) echo "asked for $*" ;;
esac
"""
# Runs the program it is given, as the real one does; what it says at the end is the test's.
SANITIZER = """#!/bin/sh
tool=$2
[ "$tool" != {hangs} ] || sleep 600
shift 6
"$@"
code=$?
if [ "$tool" = {finds} ]; then echo "========= ERROR SUMMARY: 3 errors"; exit 99; fi
if [ "$tool" = racecheck ]; then echo "========= RACECHECK SUMMARY: 0 hazards displayed"
else echo "========= ERROR SUMMARY: 0 errors"; fi
exit $code
"""
VARIANTS = """#!/bin/sh
echo "NVIDIA H200, arrays of 4 GiB in all, GB/s read and written"
echo "move    kernel    loads  blocks/SM      GB/s"
echo "read    product       4          8    4430.1"
"""
# As much of PyTorch as the script of copies uses; a copy takes as long as the figures of this machine say.
TORCH = """
__version__ = "0.fake"
float32 = None
clock = 0.0
class Tensor:
    def __init__(self, place, size): self.place, self.bytes = place, size * 4
    def pin_memory(self): return self
    def copy_(self, other, non_blocking=False):
        global clock
        gbs = {copy} if self.place == other.place else {host}
        clock += (2 if self.place == other.place else 1) * self.bytes / gbs / 1e6
def zeros(size, dtype=None, device="cpu"): return Tensor(device, size)
def mul(a, b, out): out.copy_(a)
class cuda:
    is_available = staticmethod(lambda: True)
    class Event:
        def __init__(self, enable_timing): pass
        def record(self): self.at = clock
        def synchronize(self): pass
        def elapsed_time(self, end): return end.at - self.at
"""


class Steps(unittest.TestCase):
    """The limits by themselves, with steps made for the purpose."""

    def steps(self, script, limit=570, gpus=1):
        with tempfile.TemporaryDirectory() as out:
            subprocess.run(["bash", "-uc", f"""
                source {SCRIPTS}/lib/gpu_check/steps.sh
                out={out} limit={limit} full_limit=570 gpus={gpus} only= version='the "program"' simulate= started=now
                : >$out/rows.tsv; : >$out/steps.tsv
                {script}"""], check=True, capture_output=True, timeout=60)
            steps = json.loads(pathlib.Path(out, "summary.json").read_text(encoding="utf-8"))["steps"]
            return {step["step"]: step for step in steps}

    def test_limits_grow_with_gpus_and_shrink_with_the_total(self):
        script = "step_a() { row a b c ok; }; step a 60 10 5"
        for limit, gpus, expected in [(570, 1, 60), (570, 8, 130), (57, 1, 6), (10000, 1, 60)]:
            self.assertEqual(self.steps(script, limit, gpus)["a"]["limit"], expected, (limit, gpus))

    def test_nothing_starts_that_no_longer_fits(self):
        # Once it was unset, SECONDS is a variable as others are and stands still.
        steps = self.steps("step_a() { noted a b; }; unset SECONDS; SECONDS=500; step a 200 0 65; step a_later 200 0 70")
        self.assertEqual((steps["a"]["status"], steps["a"]["limit"]), ("done", 65))
        self.assertEqual(steps["a_later"]["status"], "skipped")
        self.assertEqual(steps["a_later"]["rows"][0]["got"], "65 s are left for it")

    def test_cut_off_with_all_it_started(self):
        began = time.monotonic()
        marked = f"sleep 98.{os.getpid()}"
        steps = self.steps(f'''
            step_deaf() {{ noted before it; bash -c 'trap "" TERM; {marked} & wait; {marked}'; }}
            step_next() {{ noted and on; }}
            step deaf 1 0 1; step next 1 0 1''')
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual([row["verdict"] for row in steps["deaf"]["rows"]], ["noted", "CUT OFF"])
        self.assertEqual(steps["next"]["rows"], [{"what": "and", "expected": "-", "got": "on", "verdict": "noted"}])
        left = subprocess.run(["pgrep", "-f", marked], capture_output=True, text=True, check=False)
        self.assertEqual(left.stdout, "")

    def test_any_words_end_up_whole_in_the_summary(self):
        steps = self.steps(r"""step_a() { row 'a "b" \ c' $'tab\there' '50 %' ok; exit 3; }; step a 9 0 1""")
        self.assertEqual(steps["a"]["rows"][0],
                         {"what": 'a "b" \\ c', "expected": "tab here", "got": "50 %", "verdict": "ok"})
        self.assertEqual(steps["a"]["rows"][1]["got"], "exit code 3; see a.log")


class Rehearsal(unittest.TestCase):
    """The script on a simulated machine, and what it left."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def tools(self, hangs="none", finds="none"):
        folder = self.folder / "tools"
        folder.mkdir(exist_ok=True)
        texts = {"nvidia-smi": NVIDIA_SMI, "compute-sanitizer": SANITIZER.format(hangs=hangs, finds=finds),
                 "peerbench-kernel-variants": VARIANTS}
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755)
        return folder

    def arguments(self, *more, only, machine="single-h200", limit=570, tools=None):
        return [SCRIPTS / "gpu_check.sh", "--program", PROGRAM, "--simulate", machine, "--output", self.out, "--only",
                only, "--limit", str(limit), *(["--tools", tools] if tools else []), *more]

    def check(self, *more, environment=None, **how):
        """Exit code, rows of each step as (what, verdict) -> got, and the summary."""
        done = subprocess.run(self.arguments(*more, **how), capture_output=True, text=True, check=False,
                              env={**os.environ, **(environment or {})})
        self.printed = done.stdout + done.stderr
        summary = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        rows = {step["step"]: {(row["what"], row["verdict"]): row["got"] for row in step["rows"]}
                for step in summary["steps"]}
        return done.returncode, rows, summary

    def machine_with(self, fault):
        text = (SCRIPTS.parent / "src/sim/machines/dual-rtx3090-nvlink.json").read_text(encoding="utf-8")
        schema = '"schema": "peerbench.machine/1",'
        self.assertIn(schema, text)
        machine = self.folder / "faulty.json"
        machine.write_text(text.replace(schema, f'{schema} "faults": [{fault}],'), encoding="utf-8")
        return machine


class Session(Rehearsal):
    def test_all_well(self):
        code, rows, summary = self.check(only="facts,loader,cold,clocks,memcheck,too_large,invisible",
                                         tools=self.tools())
        self.assertEqual(code, 0, self.printed)
        self.assertEqual(list(rows), "facts machine loader cold memcheck too_large invisible clocks".split())
        self.assertEqual(summary["simulated"], "single-h200")
        self.assertEqual({step["status"] for step in summary["steps"]}, {"done"})
        self.assertTrue(summary["ended"])
        self.assertEqual(rows["machine"][("GPUs", "noted")], "1 x NVIDIA H200")
        for row in [("cold over warm", "ok"), ("warm over long", "ok")]:
            self.assertIn(row, rows["cold"])
        self.assertEqual(rows["memcheck"][("memcheck finds nothing", "ok")], "ERROR SUMMARY: 0 errors, exit code 0")
        self.assertEqual(rows["clocks"][("SM clock, lowest and highest", "noted")], "345 to 1980 MHz")
        self.assertIn("345 to 1980 MHz", self.printed)
        self.assertIn("asked for -q", (self.out / "facts/nvidia-smi-q.txt").read_text(encoding="utf-8"))
        self.assertTrue((self.folder / "out.tar.gz").exists())

    def test_a_finding_of_the_sanitizer(self):
        code, rows, _ = self.check(only="synccheck,initcheck", tools=self.tools(finds="synccheck"))
        self.assertEqual(code, 1)
        self.assertEqual(rows["synccheck"][("synccheck finds nothing", "FAILED")],
                         "ERROR SUMMARY: 3 errors, exit code 99")
        self.assertIn(("initcheck finds nothing", "ok"), rows["initcheck"])

    def test_what_is_not_here_is_said(self):
        code, rows, _ = self.check(only="peer,crosscheck,variants,memcheck,clocks")
        self.assertEqual(code, 0, self.printed)
        for step in ["peer", "crosscheck", "variants", "memcheck", "clocks"]:
            self.assertEqual([verdict for _, verdict in rows[step]], ["not here"], step)

    def test_a_driver_library_that_never_answers_costs_its_facts_only(self):
        machine = self.machine_with('{"kind": "nvml-hang", "from": 0, "to": 0}')
        code, rows, summary = self.check(only="machine", machine=machine)
        self.assertEqual(code, 0, self.printed)
        self.assertEqual(summary["gpus"], 2)
        self.assertIn("NVML cannot be asked", (self.out / "machine.txt").read_text(encoding="utf-8"))

    def test_a_machine_that_cannot_be_described_is_not_one_without_a_gpu(self):
        machine = self.folder / "broken.json"
        machine.write_text('{"schema": ', encoding="utf-8")
        code, rows, _ = self.check(only="machine", machine=machine)
        self.assertEqual(code, 1, self.printed)
        self.assertIn(("exit code", "FAILED"), rows["machine"])
        self.assertIn("broken.json: not JSON", self.printed)
        self.assertNotIn("no GPU", self.printed)

    def test_a_fault_of_the_link_is_found(self):
        machine = self.machine_with('{"kind": "no-progress", "from": 0, "to": 1}')
        code, rows, summary = self.check(only="peer", machine=machine)
        self.assertEqual(code, 1, self.printed)
        self.assertEqual(summary["gpus"], 2)
        self.assertEqual(rows["peer"][("exit code of peer", "FAILED")], "3")
        self.assertTrue(any(got.startswith("hang:") for got in rows["peer"].values()), self.printed)

    def test_the_copies_of_others(self):
        fakes = self.folder / "python"
        fakes.mkdir()
        (fakes / "torch.py").write_text(TORCH.format(copy=1e9, host=54.9), encoding="utf-8")
        code, rows, _ = self.check(only="crosscheck", tools=self.tools(), environment={"PYTHONPATH": str(fakes)})
        self.assertEqual(code, 1, self.printed)
        self.assertIn(("copy kernel over others', 256 MiB", "FAILED"), rows["crosscheck"])
        self.assertIn(("h2d over others', 256 MiB", "ok"), rows["crosscheck"])

    def test_interrupted_from_outside(self):
        tools = self.tools(hangs="memcheck")
        process = subprocess.Popen(self.arguments(only="machine,memcheck", tools=tools), stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 60
        while not (self.out / "memcheck.log").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        summary = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        self.assertTrue(summary["ended"])
        left = subprocess.run(["pgrep", "-f", str(self.folder)], capture_output=True, text=True, check=False)
        self.assertEqual(left.stdout, "")

    def test_no_gpu_is_no_failure(self):
        code, rows, _ = self.check(only="machine", machine="no-driver")
        self.assertEqual(code, 77, self.printed)
        self.assertIn("no GPU that CUDA can use", self.printed)

    def test_wrong_usage(self):
        for arguments in [["--nonsense"], ["--limit", "soon"], ["--output"]]:
            done = subprocess.run([SCRIPTS / "gpu_check.sh", *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 64, arguments)
            self.assertIn("--limit SECONDS", done.stderr)


class HangingStep(Rehearsal):
    def test_a_step_that_hangs_costs_that_step_only(self):
        began = time.monotonic()
        code, rows, summary = self.check(only="memcheck,racecheck,synccheck,clocks", limit=228,
                                         tools=self.tools(hangs="racecheck"))
        self.assertEqual(code, 1, self.printed)
        self.assertLess(time.monotonic() - began, 72)
        # 60 s of 570 are 24 s of 228, enough for the steps that end even on a machine that does much else; what
        # the step got until two seconds before that is judged.
        self.assertIn(("racecheck finds nothing", "FAILED"), rows["racecheck"])
        self.assertIn(("memcheck finds nothing", "ok"), rows["memcheck"])
        self.assertIn(("synccheck finds nothing", "ok"), rows["synccheck"])
        self.assertIn("racecheck", self.printed[self.printed.index("not as expected"):])
        seconds = {step["step"]: step["seconds"] for step in summary["steps"]}
        self.assertLessEqual(seconds["racecheck"], 26)


class WholeSession(Rehearsal):
    def carried(self):
        """The folder that is carried to a GPU machine, as scripts/portable.sh makes it."""
        folder = self.folder / "carried"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["bash", "-c", f"source {SCRIPTS}/lib/common.sh && source {SCRIPTS}/lib/portable.sh && "
                        f"bring_gpu_check {folder}"], check=True)
        return folder

    def whole_session(self, machine):
        """All steps, with all tools, by the program of the carried folder."""
        done = subprocess.run([self.carried() / "gpu_check.sh", "--simulate", machine, "--output", self.out,
                               "--tools", self.tools()], capture_output=True, text=True, check=False)
        self.printed = done.stdout + done.stderr
        summary = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        steps = {step["step"]: step for step in summary["steps"]}
        self.assertEqual(list(steps), ALL_STEPS)
        self.assertTrue(summary["ended"])
        return done.returncode, steps

    def test_a_whole_session_from_the_carried_folder(self):
        code, steps = self.whole_session("single-h200")
        self.assertEqual(code, 0, self.printed)
        absent = {name for name, step in steps.items() if step["rows"][0]["verdict"] == "not here"}
        self.assertEqual(absent - {"crosscheck"}, {"peer", "nccl"}, self.printed)
        for step, row in [("sizes", "exit code of sizes"), ("host", "kernels' gain over copy engines'"),
                          ("run", "cells of run"), ("interrupted", "its file is whole"),
                          ("repeat", "triad: second run over first"), ("memcheck_all", "memcheck finds nothing")]:
            self.assertIn((row, "ok"), [(one["what"], one["verdict"]) for one in steps[step]["rows"]], self.printed)

    def test_a_whole_session_with_a_dead_link(self):
        machine = self.machine_with('{"kind": "no-progress", "from": 0, "to": 1}')
        code, steps = self.whole_session(machine)
        self.assertEqual(code, 1, self.printed)
        failed = {name for name, step in steps.items() if any(row["verdict"] == "FAILED" for row in step["rows"])}
        self.assertLessEqual({"run", "peer", "nccl"}, failed)
        self.assertFalse(failed & {"machine", "loader", "cold", "sizes", "host", "interrupted", "repeat"}, self.printed)


if __name__ == "__main__":
    sys.exit(unittest.main())
