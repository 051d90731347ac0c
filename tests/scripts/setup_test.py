# SPDX-License-Identifier: Apache-2.0
"""What set-up decides, on machines made of a few fake programs on an otherwise empty PATH."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASICS = "bash cat chmod cut dirname env grep head mktemp readlink rm sed sort tail true".split()
TOOLS = "g++ cmake ninja pkg-config python3".split()


class FakeMachine(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in BASICS:
            (self.bin / name).symlink_to(shutil.which(name))
        for name in TOOLS:
            self.program(name, "exit 0")

    def program(self, name, body, folder=None):
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)
        return path

    def nvcc(self, release, folder):
        return self.program("nvcc", f"echo 'Cuda compilation tools, release {release}, V{release}.1'", folder)

    def call(self, command, **environment):
        """Runs a function of set-up; stdout, stderr and the exit status."""
        environment = {"PATH": str(self.bin), "PEERBENCH_DEPS": str(self.folder / "deps"),
                       "PEERBENCH_DEFAULT_CUDA": str(self.folder / "usual"), **environment}
        return subprocess.run(["bash", "-c", f"set -euo pipefail; source {ROOT}/scripts/setup.sh; {command}"],
                              env={name: str(value) for name, value in environment.items()},
                              capture_output=True, text=True)


class Versions(FakeMachine):
    def test_order(self):
        for have, want, enough in [("12.4", "12.4", True), ("12.10", "12.4", True), ("12.3", "12.4", False),
                                   ("3.25.1", "3.25", True), ("3.9", "3.25", False), ("", "12.4", False)]:
            done = self.call(f'version_at_least "{have}" "{want}"')
            self.assertEqual(done.returncode == 0, enough, (have, want, done.stderr))

    def test_nvcc_says_its_version(self):
        self.assertEqual(self.call(f"nvcc_version {self.nvcc('12.10', self.folder)}").stdout, "12.10\n")
        self.assertEqual(self.call(f"nvcc_version {self.program('broken', 'exit 1')}").stdout, "")


class Toolkit(FakeMachine):
    def test_the_first_that_is_new_enough(self):
        old = self.nvcc("12.3", self.bin)
        new = self.nvcc("12.4", self.folder / "usual/bin")
        done = self.call("system_nvcc")
        self.assertEqual(done.stdout, f"{new}\n")
        self.assertIn(f"passing over {old}: it is 12.3, 12.4 is needed", done.stderr)

    def test_cudacxx_comes_first_and_cuda_home_last(self):
        self.nvcc("13.0", self.bin)
        chosen = self.nvcc("12.6", self.folder / "chosen")
        self.assertEqual(self.call("system_nvcc", CUDACXX=chosen).stdout, f"{chosen}\n")
        (self.bin / "nvcc").unlink()
        home = self.nvcc("12.8", self.folder / "home/bin")
        self.assertEqual(self.call("system_nvcc", CUDA_HOME=self.folder / "home").stdout, f"{home}\n")

    def test_none(self):
        self.assertEqual(self.call("system_nvcc").returncode, 1)
        self.nvcc("13.0", self.bin)
        self.assertEqual(self.call("system_nvcc", PEERBENCH_IGNORE_SYSTEM_CUDA=1).returncode, 1)

    def test_a_major_release(self):
        self.nvcc("13.0", self.bin)
        older = self.nvcc("12.6", self.folder / "usual-12/bin")
        self.assertEqual(self.call("system_nvcc", PEERBENCH_CUDA=12).stdout, f"{older}\n")
        self.assertEqual(self.call("system_nvcc", PEERBENCH_CUDA=13).stdout, f"{self.bin}/nvcc\n")
        older.unlink()
        self.assertEqual(self.call("system_nvcc", PEERBENCH_CUDA=12).returncode, 1)

    def test_nvml_header(self):
        nvcc = self.nvcc("13.0", self.folder / "usual/bin")
        self.assertEqual(self.call(f"toolkit_has_nvml {nvcc}").returncode, 1)
        header = self.folder / "usual/targets/sbsa-linux/include/nvml.h"
        header.parent.mkdir(parents=True)
        header.touch()
        self.assertEqual(self.call(f"toolkit_has_nvml {nvcc}").returncode, 0)


class Cuda12(FakeMachine):
    """A toolkit of Debian's compiler and NVIDIA's wheels."""

    def test_is_laid_out_as_an_installed_one(self):
        for name in "ar basename cp ln mkdir".split():
            (self.bin / name).symlink_to(shutil.which(name))
        parts = self.folder / "parts"
        debian, wheels = parts / "debian/usr", parts / "wheels/nvidia"
        tools = debian / "lib/nvidia-cuda-toolkit"
        for path in [*(debian / "bin" / name for name in "cudafe++ fatbinary nvlink ptxas cuobjdump nvdisasm".split()),
                     tools / "bin/nvcc", tools / "bin/cicc", tools / "bin/crt/link.stub",
                     tools / "libdevice/libdevice.10.bc", wheels / "cuda_nvcc/include/crt/host_config.h",
                     wheels / "cuda_runtime/include/cuda_runtime.h", wheels / "cuda_cccl/include/cuda/std/array",
                     parts / "runtime/nvidia/cuda_runtime/lib/libcudart_static.a",
                     parts / "runtime/nvidia/cuda_runtime/lib/libcudart.so.12"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        root = self.folder / "toolkit"
        done = self.call(f"lay_out_toolkit {parts} {root}")
        self.assertEqual(done.returncode, 0, done.stderr)
        for path in ["bin/nvcc", "bin/nvcc.profile", "bin/crt/link.stub", "nvvm/bin/cicc",
                     "nvvm/libdevice/libdevice.10.bc", "include/crt/host_config.h",
                     "include/cuda/std/array", "lib64/libcudart_static.a", "lib64/libcudart.so",
                     "lib64/libcudadevrt.a"]:
            self.assertTrue((root / path).exists(), path)

    def test_elsewhere_it_says_what_to_install(self):
        self.program("dpkg", "echo arm64")
        done = self.call(f"fetch_debian_nvcc {self.folder}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Install CUDA Toolkit 12.4 to 12.9", done.stderr)


class Packages(FakeMachine):
    def setUp(self):
        super().setUp()
        self.program("apt-get", f'echo "$*" >> {self.folder}/apt.log')
        self.program("id", "echo 0")
        # Installed: everything but hwloc.
        self.program("dpkg-query", 'for last; do :; done; [ "$last" != libhwloc-dev ] && echo installed')

    def apt_calls(self):
        log = self.folder / "apt.log"
        return log.read_text().splitlines() if log.exists() else []

    def test_installs_only_what_is_missing_and_says_why(self):
        (self.bin / "ninja").unlink()
        done = self.call("ensure_packages run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libhwloc-dev (cores, NUMA nodes and caches)", done.stderr)
        self.assertEqual(self.apt_calls(),
                         ["update", "install -y --no-install-recommends libhwloc-dev ninja-build"])

    def test_says_nothing_when_all_is_there(self):
        self.program("dpkg-query", "echo installed")
        done = self.call("ensure_packages run")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.apt_calls(), [])

    def test_without_root_one_command_for_the_administrator(self):
        self.program("id", "echo 1000")
        self.program("sudo", "exit 1")
        done = self.call("ensure_packages run")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[-1],
                         "apt-get update && apt-get install -y --no-install-recommends libhwloc-dev")
        self.assertEqual(self.apt_calls(), [])

    def test_sudo_without_password_is_used(self):
        self.program("id", "echo 1000")
        self.program("sudo", '[ "$1" = -n ] && shift && exec "$@"')
        self.assertEqual(self.call("ensure_packages run").returncode, 0)
        self.assertEqual(len(self.apt_calls()), 2)

    def test_a_failing_installation_shows_its_words(self):
        self.program("apt-get", "echo no such package; exit 100")
        done = self.call("ensure_packages run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such package", done.stderr)

    def test_other_distributions_are_told_what_to_install(self):
        (self.bin / "apt-get").unlink()
        self.assertEqual(self.call("ensure_packages run").returncode, 0)
        (self.bin / "g++").unlink()
        done = self.call("ensure_packages run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("g++ (the C++ compiler)", done.stderr)


if __name__ == "__main__":
    unittest.main()
