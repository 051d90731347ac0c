# SPDX-License-Identifier: Apache-2.0
"""Copies by PyTorch's and CuPy's own means on the first GPU, one JSON object a line:

    {"tool": "torch 2.5.1", "how": "Tensor.copy_", "op": "copy", "bytes": 268435456, "gbs": 2345.6}

op is copy (within the card, counted as read + written), h2d or d2h (pinned host memory, counted once). GB/s is 1e9
bytes per second, the median of several windows between events. Fails when neither is installed, and says why.
"""

import importlib
import json
import statistics
import sys
import time

SIZES = (256 << 20, 1 << 30)
WINDOWS = 9
# A window lasts at least so long, so that events and launches do not count; clocks rise before the first one.
WINDOW_SECONDS = 0.01
WARM_UP_SECONDS = 0.3


class Torch:
    def __init__(self):
        self.torch = importlib.import_module("torch")
        self.name = f"torch {self.torch.__version__}"
        if not self.torch.cuda.is_available():
            raise RuntimeError(f"{self.name} sees no GPU")

    def copies(self, size):
        """(how, op, function that starts one copy) of each kind of copy."""
        torch = self.torch
        device = [torch.zeros(size // 4, dtype=torch.float32, device="cuda") for _ in range(2)]
        host = torch.zeros(size // 4, dtype=torch.float32).pin_memory()
        yield "Tensor.copy_", "copy", lambda: device[1].copy_(device[0])
        yield "torch.mul", "copy", lambda: torch.mul(device[0], 1.0, out=device[1])
        yield "Tensor.copy_", "h2d", lambda: device[0].copy_(host, non_blocking=True)
        yield "Tensor.copy_", "d2h", lambda: host.copy_(device[0], non_blocking=True)

    def seconds(self, start, count):
        """Time of `count` copies between two events."""
        events = [self.torch.cuda.Event(enable_timing=True) for _ in range(2)]
        events[0].record()
        for _ in range(count):
            start()
        events[1].record()
        events[1].synchronize()
        return events[0].elapsed_time(events[1]) / 1e3


class Cupy:
    def __init__(self):
        self.cupy = importlib.import_module("cupy")
        self.name = f"cupy {self.cupy.__version__}"
        if self.cupy.cuda.runtime.getDeviceCount() == 0:
            raise RuntimeError(f"{self.name} sees no GPU")

    def copies(self, size):
        cupy = self.cupy
        numpy = importlib.import_module("numpy")
        device = [cupy.zeros(size // 4, dtype=cupy.float32) for _ in range(2)]
        host = numpy.frombuffer(cupy.cuda.alloc_pinned_memory(size), numpy.float32, size // 4)
        host[:] = 0
        yield "copyto", "copy", lambda: cupy.copyto(device[1], device[0])
        yield "multiply", "copy", lambda: cupy.multiply(device[0], 1.0, out=device[1])
        yield "ndarray.set", "h2d", lambda: device[0].set(host, stream=cupy.cuda.get_current_stream())
        yield "ndarray.get", "d2h", lambda: device[0].get(cupy.cuda.get_current_stream(), out=host, blocking=False)

    def seconds(self, start, count):
        events = [self.cupy.cuda.Event() for _ in range(2)]
        events[0].record()
        for _ in range(count):
            start()
        events[1].record()
        events[1].synchronize()
        return self.cupy.cuda.get_elapsed_time(*events) / 1e3


def rate(tool, start, counted_bytes):
    """GB/s of one kind of copy."""
    until = time.monotonic() + WARM_UP_SECONDS
    one = tool.seconds(start, 1)
    while time.monotonic() < until:
        one = tool.seconds(start, 1)
    count = max(2, round(WINDOW_SECONDS / max(one, 1e-6)))
    return counted_bytes * count / statistics.median(tool.seconds(start, count) for _ in range(WINDOWS)) / 1e9


def measure(tool):
    for size in SIZES:
        for how, op, start in tool.copies(size):
            figure = rate(tool, start, size * (2 if op == "copy" else 1))
            print(json.dumps({"tool": tool.name, "how": how, "op": op, "bytes": size, "gbs": round(figure, 3)}),
                  flush=True)


def main():
    measured = False
    for kind in (Torch, Cupy):
        try:
            measure(kind())
            measured = True
        except Exception as reason:  # whatever a foreign package does must not hide the other one
            print(f"{kind.__name__}: {type(reason).__name__}: {reason}", file=sys.stderr)
    return 0 if measured else 1


if __name__ == "__main__":
    sys.exit(main())
