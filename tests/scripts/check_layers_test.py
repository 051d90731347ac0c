# SPDX-License-Identifier: Apache-2.0
"""Plants one fault at a time in a small house and expects it to be found, and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_layers.py"
sys.path.insert(0, str(SCRIPT.parent))
sys.dont_write_bytecode = True
import check_layers  # noqa: E402

HOUSE = {
    "src/base/error.hpp": "int error();\n",
    "kernels/reference_kernel.h": '#include "base/error.hpp"\n',
    "src/measure/window.cpp": '#include <vector>\n#include "measure/window.hpp"\n#include "kernels/gate.hpp"\n',
    "src/measure/CMakeLists.txt": "peerbench_module(measure SOURCES window.cpp\n  LINK peerbench_kernels fmt::fmt)\n",
    "bench/peer.cpp": '#include "measure/plan.hpp"\n#include "result/run.hpp"\n',
    "src/cli/main.cpp": '#include "bench/peer.hpp"\nint main() { exit(0); }\n',
    "src/cli/CMakeLists.txt": "target_link_libraries(peerbench-sim PRIVATE peerbench_cli gpusim_engine)\n",
    "src/sim/core.cpp": '#include "kernels/reference_kernel.h"\n#include "base/error.hpp"\n',
    "tests/measure/window_test.cpp": '#include "sim/core.hpp"\n',
    "results/box.json": '{"schema": "peerbench.result/1", "simulated": null}\n',
}


class CheckLayers(unittest.TestCase):
    def check(self, **planted):
        """Findings of the house with these files in place of its own."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**HOUSE, **planted}.items():
                path = Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return list(check_layers.findings(Path(root)))

    def expect(self, place, what, path, text):
        lines = self.check(**{path: text})
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(place), lines[0])
        self.assertIn(what, lines[0])

    def test_the_house_is_in_order(self):
        self.assertEqual(self.check(), [])

    def test_the_program_prints_and_exits_1(self):
        for text, expected in [("", (0, "layers: in order\n")),
                               ("\n" * 401, (1, "bench/x.cpp:400: 401 lines, more than 400: there are two ideas in it\n"))]:
            with tempfile.TemporaryDirectory() as root:
                Path(root, "bench").mkdir()
                Path(root, "bench/x.cpp").write_text(text)
                done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), expected, done.stderr)

    def test_upward_include(self):
        self.expect("src/machine/m.cpp:2:", 'module machine includes "measure/plan.hpp"',
                    "src/machine/m.cpp", '#include <map>\n#include "measure/plan.hpp"\n')

    def test_upward_include_from_kernels(self):
        self.expect("kernels/pattern.cu:1:", "not below", "kernels/pattern.cu", '#include "machine/m.hpp"\n')

    def test_upward_include_from_bench(self):
        self.expect("bench/b.cpp:1:", "not below", "bench/b.cpp", '#include "cli/options.hpp"\n')

    def test_include_of_a_room_at_the_same_height(self):
        self.expect("src/result/r.cpp:1:", "not below", "src/result/r.cpp", '#include "measure/plan.hpp"\n')

    def test_nothing_includes_the_simulator(self):
        self.expect("src/cli/x.cpp:1:", 'includes "sim/core.hpp"', "src/cli/x.cpp", '#include "sim/core.hpp"\n')

    def test_the_simulator_knows_reference_kernels_only(self):
        self.expect("src/sim/x.cpp:1:", "kernels/gate.hpp", "src/sim/x.cpp", '#include "kernels/gate.hpp"\n')
        self.expect("src/sim/y.cpp:1:", "machine/m.hpp", "src/sim/y.cpp", '#include "machine/m.hpp"\n')

    def test_relative_include(self):
        self.expect("src/cli/x.cpp:1:", "from the module on", "src/cli/x.cpp", '#include "../sim/core.hpp"\n')

    def test_private_header(self):
        private = "// A small thing. Private to this\n// module.\nint small();\n"
        user = '#include "result/small.hpp"\n'
        self.assertEqual(self.check(**{"src/result/small.hpp": private, "src/result/r.cpp": user,
                                       "tests/result/r_test.cpp": user}), [])
        lines = self.check(**{"src/result/small.hpp": private, "src/judge/j.cpp": user})
        self.assertEqual(len(lines), 1, lines)
        self.assertIn('src/judge/j.cpp:1: module judge includes "result/small.hpp", which is private to module result',
                      lines[0])

    def test_upward_link(self):
        self.expect("src/machine/CMakeLists.txt:2:", "links peerbench_measure", "src/machine/CMakeLists.txt",
                    "# the box\npeerbench_module(machine SOURCES m.cpp\n  LINK peerbench_base peerbench_measure)\n")

    def test_link_with_the_simulator(self):
        self.expect("src/measure/CMakeLists.txt:1:", "links gpusim_engine", "src/measure/CMakeLists.txt",
                    "target_link_libraries(peerbench_measure PUBLIC gpusim_engine)\n")

        self.expect("bench/CMakeLists.txt:1:", "links gpusim_core", "bench/CMakeLists.txt",
                    "peerbench_module(bench SOURCES peer.cpp LINK gpusim_core)\n")

    def test_ending_the_process(self):
        self.expect("src/measure/x.cpp:2:", "ends the process", "src/measure/x.cpp",
                    "void f() {\n  std::abort();\n}\n")
        self.expect("src/measure/x.cpp:1:", "ends the process", "src/measure/x.cpp", "void f() { exit (1); }\n")
        self.expect("src/measure/x.cpp:1:", "throws", "src/measure/x.cpp", "void f() { throw 1; }\n")

    def test_an_exception_that_stays_in_its_file_is_no_fault(self):
        text = "void f() { throw 1; }\nvoid g() { try { f(); } catch (int) {} }\n"
        self.assertEqual(self.check(**{"src/measure/x.cpp": text}), [])

    def test_words_about_ending_are_no_fault(self):
        text = '// exit(1) would be wrong\nauto s = "abort()";\n/* throw\n exit(2) */\nint on_exit(int); int y = at.exit(1);\n'
        self.assertEqual(self.check(**{"src/measure/x.cpp": text}), [])

    def test_long_file(self):
        self.expect("src/judge/x.cpp:400:", "401 lines", "src/judge/x.cpp", "\n" * 401)
        self.assertEqual(self.check(**{"src/judge/x.cpp": "\n" * 400}), [])

    def test_simulated_result(self):
        self.expect("results/r3090.json:1:", "is simulated", "results/r3090.json", '{"simulated": {"name": "x"}}')
        self.expect("results/broken.json:1:", "is no JSON", "results/broken.json", "{")

    def test_machine_path(self):
        self.expect("README.md:2:", "particular machine", "README.md", "x\ncd /" + "work/main\n")
        self.assertEqual(self.check(**{"README.md": "see a/" + "work/x and net" + "work/y\n"}), [])


if __name__ == "__main__":
    unittest.main()
