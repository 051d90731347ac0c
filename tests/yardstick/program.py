# SPDX-License-Identifier: Apache-2.0
"""The program as its user meets it: its JSON, and its page in a terminal of some width."""
import fcntl
import json
import os
import re
import struct
import subprocess
import tempfile
import termios
from pathlib import Path

from answers import Said

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def document(program, *arguments):
    done = subprocess.run([program, *arguments, "--format", "json"], capture_output=True, text=True,
                          env=ENVIRONMENT)
    if done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def described(program, file):
    """What it says of the simulated machine `file`."""
    with tempfile.TemporaryDirectory() as folder:
        signals = Path(folder) / "signals.json"
        found = document(program, "machine", "--simulate", file, "--save-signals", signals)
        return Said(found["machine"], json.loads(signals.read_text())["signals"],
                    lambda: measured(program, file))


def measured(program, file):
    """The same after a run, in which every card copied."""
    return document(program, "run", "--simulate", file, "--filter", "^pool/ce/copy/gpu",
                    "--precision", "50%", "--budget", "100ms")["machine"]


def without_nvml(program, file):
    """The same machine where there is no NVML, so that the kernel's files must do."""
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / file.name
        text = file.read_text(encoding="utf-8").replace('"nvml": true,', "")
        changed.write_text(text.replace('"driver_version"', '"nvml": false, "driver_version"', 1),
                           encoding="utf-8")
        return described(program, changed)


def page(program, file, width):
    """The lines it prints in a terminal of `width` columns."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with subprocess.Popen([program, "machine", "--simulate", file, "--no-color"], stdout=its,
                          stdin=subprocess.DEVNULL, env=ENVIRONMENT) as running:
        os.close(its)
        text = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                part = b""
            if not part:
                break
            text += part
    os.close(ours)
    if running.returncode != 0:
        raise AssertionError(f"{file} ended with {running.returncode}: {text.decode()}")
    return text.decode().replace("\r\n", "\n").splitlines()


def matrix(lines):
    """(from, to) -> "NV4" of the page's table of pairs, and in how many parts it is printed."""
    words, parts, columns = {}, 0, None
    for line in lines:
        cells = re.split(r" {2,}", line.strip())
        if cells[0] == "from \\ to":
            parts, columns = parts + 1, cells[1:]
        elif columns and re.fullmatch(r"gpu\d+", cells[0]):
            if len(cells) != len(columns) + 1:
                raise AssertionError(f"{len(columns)} columns, but: {line}")
            # After the word stands a rate.
            words |= {(cells[0], to): cell.split()[0] for to, cell in zip(columns, cells[1:])}
        else:
            columns = None
    return words, parts
