// SPDX-License-Identifier: Apache-2.0
// What lies in the buffers: filled and checked by the owner of the memory, never through somebody
// else's mapping of it, so that a copy that ended up in a private mirror shows. Each waits for its
// work, for so long as a Wait does by default, and then fails with ErrorKind::hang: the buffer must
// be abandoned then.
#pragma once

#include <cstdint>

#include "kernels/numbers.hpp"
#include "kernels/pattern.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// Seed of what destinations hold before a copy; no source is ever filled with it.
inline constexpr std::uint64_t poison_seed = ~0ull;

/// Seed of transfer `transfer`'s data in a round with `seed`; differs for every transfer and round.
inline constexpr std::uint64_t most_transfers = 1024;
inline std::uint64_t content_seed(std::uint64_t seed, std::size_t transfer) {
  return seed * most_transfers + static_cast<std::uint64_t>(transfer);
}
/// The seed of the round's first transfer, for those that count on from the same number.
inline std::uint64_t common_seed(std::uint64_t content_seed) {
  return content_seed / most_transfers * most_transfers;
}

/// Fills the buffer with `content` made from `seed`, on its owner's side, and waits for it.
Expected<void> fill(const Buffer& buffer, std::uint64_t seed,
                    kernels::Content content = kernels::Content::pattern);

/// The same for GPUs that the program has no kernels for: made by the host, and brought there by a
/// copy of the owner.
Expected<void> fill_by_host(const Buffer& buffer, std::uint64_t seed,
                            kernels::Content content = kernels::Content::pattern);

/// Puts `bytes` of the caller's memory at the beginning of the buffer and waits until they are
/// there. cudaMemcpy would not: of pageable memory it returns before, and streams that do not block
/// do not wait for it ("API synchronization behavior" of the CUDA runtime).
Expected<void> put(const Buffer& buffer, const void* from, Bytes bytes);

/// Brings the first `bytes` of memory of a GPU to the caller.
Expected<void> take(const Buffer& buffer, void* to, Bytes bytes);

/// Fills the buffer with what rank `rank` of a collective gives, on its owner's side.
Expected<void> fill_numbers(const Buffer& buffer, kernels::Real real, std::uint32_t rank,
                            std::uint64_t seed);
/// Makes every element a NaN, of which no collective makes a number.
Expected<void> fill_with_no_numbers(const Buffer& buffer);
/// Compares `count` elements of the buffer, from the `first` on, with what a collective makes of
/// the ranks' numbers, on its owner's side.
Expected<kernels::PatternReport> check_numbers(const Buffer& buffer, std::size_t first,
                                               std::size_t count, kernels::Real real,
                                               kernels::SumOf sum, std::uint64_t seed);

/// Compares the buffer with `content` made from `seed`, on its owner's side.
Expected<kernels::PatternReport> check(const Buffer& buffer, std::uint64_t seed,
                                       kernels::Content content = kernels::Content::pattern);

/// The same for GPUs that the program has no kernels for: brought to the host by a copy of the
/// owner, and compared there.
Expected<kernels::PatternReport> check_by_host(
    const Buffer& buffer, std::uint64_t seed, kernels::Content content = kernels::Content::pattern);

/// What check() finds as GPU `reader` sees it through its own window onto memory of another GPU, to
/// which it has peer access: proof of nothing but of what that window leads to.
Expected<kernels::PatternReport> check_through_window(const Buffer& buffer, int reader,
                                                      std::uint64_t seed, kernels::Content content);

/// Sum (modulo 2^64) of the 8-byte words of a pattern of `bytes` made from `seed`, of which the
/// last is filled up with 0: computed by GPU `by` from positions and seed alone, since the host
/// would take seconds for what a GPU reads in milliseconds.
Expected<std::uint64_t> pattern_sum(int by, Bytes bytes, std::uint64_t seed);

}  // namespace peerbench::measure
