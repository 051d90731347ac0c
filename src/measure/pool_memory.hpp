// SPDX-License-Identifier: Apache-2.0
// Memory that kernels of a GPU work on, had in the ways a program may choose from: where the
// device allows it, who touches it first, and how managed memory is sent back to the host.
#pragma once

#include "base/error.hpp"
#include "base/memory_kind.hpp"
#include "measure/plan.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// Whether kernels of `gpu` may work on such memory, by the device's attributes. The error is
/// ErrorKind::unsupported and names the attribute.
Expected<void> can_have(int gpu, MemoryKind memory);

/// Writes to every page of `buffer` with the calling thread, after all kernels of its GPU have
/// ended: on some devices the CPU must not touch managed memory beside them.
Expected<void> touch_by_cpu(const Buffer& buffer);

/// Brings managed memory to the host and waits for it, so that the next kernel finds it there.
/// Unsupported where the device has no concurrent managed access.
Expected<void> send_to_host(const Buffer& buffer, Stream& stream);

}  // namespace peerbench::measure
