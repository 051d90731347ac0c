// SPDX-License-Identifier: Apache-2.0
// What NCCL says it used, read from its log (NCCL_DEBUG=INFO).
#pragma once

#include <string>

namespace peerbench::measure {

struct NcclUse {
  std::string transport;  ///< "P2P", "SHM", "NET", or several as "P2P+SHM"; empty: it did not say
  std::string detail;     ///< the first way in its words: "P2P/direct pointer"
  /// What it connected: "rings", "trees", "rings and trees", with "NVLS" where switches add up.
  /// Since 2.22 only what an operation was to go over; before that all there is.
  std::string algorithms;
  std::string graph;  ///< farthest path of its ring: "NVL", "PIX", "PHB", "SYS"; empty: unsaid
};

/// From the part of a log that belongs to one set of communicators. Lines as of 2.18 to 2.30:
///   Channel 00/0 : 0[0] -> 1[1] via P2P/direct pointer
///   Channel 00 : 0[0] -> 1[1] via SHM/direct/direct
///   Channel 00/0 : 0[0] -> 1[1] [send] via NET/Socket/0
///   Connected all rings, use ring PXN 0 GDR 1
///   Connected all trees
///   Connected NVLS tree
///   Pattern 4, crossNic 0, nChannels 2, bw 40.0/40.0, type NVL/PIX, sameChannels 1
NcclUse read_nccl_log(const std::string& log);

/// A sentence of what it says; empty when it said nothing.
std::string describe(const NcclUse& use);

}  // namespace peerbench::measure
