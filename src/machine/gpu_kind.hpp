// SPDX-License-Identifier: Apache-2.0
// Which GPUs are of one kind, and which are modules of a baseboard that joins them by NVLink. It
// explains what is odd; classes and ceilings never rest on it.
#pragma once

#include "machine/signals.hpp"

namespace peerbench::machine {

/// The same PCI device id, or, where one is not known, the same model.
bool alike(const GpuSignals& a, const GpuSignals& b);

/// True of an SXM module by its PCI device id: its baseboard wires its NVLinks, so that some of
/// them are up in a healthy machine. False of cards, which need a bridge, and of unknown ids.
bool is_module(const GpuSignals& gpu);

}  // namespace peerbench::machine
