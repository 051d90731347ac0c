// SPDX-License-Identifier: Apache-2.0
// Which cells exist on a machine, as tables of data. A spec says everything about a cell but its
// figures; its name is composed from its attributes, so that name and content cannot drift apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "machine/machine.hpp"
#include "measure/work.hpp"
#include "result/cell_key.hpp"
#include "result/run.hpp"

namespace peerbench::bench {

/// A machine of more GPUs has so many pairs that a run leaves out or shortens what few ask for.
inline constexpr std::size_t few_cards = 4;

/// Quick cells are those of a default run; full ones are measured with settings.full, or where a
/// filter selects them.
enum class Tier { quick, full };

struct Spec {
  Tier tier = Tier::quick;
  result::Cell cell;  ///< key, name and attributes, no figures yet
  measure::Work work;
  /// The work, where it is of that kind; else null.
  measure::Plan* plan() { return std::get_if<measure::Plan>(&work); }
  const measure::Plan* plan() const { return std::get_if<measure::Plan>(&work); }
  measure::HostPoolRequest* host_loop() { return std::get_if<measure::HostPoolRequest>(&work); }
  const measure::HostPoolRequest* host_loop() const {
    return std::get_if<measure::HostPoolRequest>(&work);
  }
  measure::HostChaseRequest* host_chase() { return std::get_if<measure::HostChaseRequest>(&work); }
  const measure::HostChaseRequest* host_chase() const {
    return std::get_if<measure::HostChaseRequest>(&work);
  }
  const measure::CollectiveRequest* collective() const {
    return std::get_if<measure::CollectiveRequest>(&work);
  }
  /// What a GPU does all the while that the CPU works; null where it works alone.
  const measure::Transfer* background_load() const { return measure::background_load(work); }
  bool on_cpu() const {
    return (host_loop() != nullptr || host_chase() != nullptr) && background_load() == nullptr;
  }
  /// Those whose work, or whose driver's memory, is in it.
  std::set<int> gpus() const { return measure::gpus_of(work); }
  /// Gives the cell its name and attributes; of the key only what its name says must be given.
  void set_key(const result::CellKey& of) { result::set_key(cell, result::completed(of)); }
  /// Times that the plan runs, one after another, for what a cell in us says the time of.
  int rounds = 1;
  /// Bytes counted for each byte copied: 1 one-way, 2 traffic of a local copy.
  double bytes_weight = 1;
  std::string why_refused;       ///< the driver's reason, where it refuses what the cell needs
  std::string why_not;           ///< why it is not even tried: it ends as unsupported
  bool without_kernels = false;  ///< a GPU of it runs none of this build
};

/// All cells of both tiers that the machine and settings.gpus, pairs, sizes, split and
/// soak_seconds give, in the order in which they run: what the user came for first. A pair without
/// peer access keeps its cells; they end as unsupported with the driver's reason.
std::vector<Spec> catalogue(const machine::Machine& machine, const result::Settings& settings);

/// Those that `settings` selects: where its filter is a cell's name, that cell; else all whose name
/// contains a match of it as a regular expression; without a filter the quick ones, or both tiers
/// with settings.full. ErrorKind::usage where the filter is no regular expression.
Expected<std::vector<Spec>> chosen(std::vector<Spec> specs, const result::Settings& settings);

/// The tier of cells beside the most asked ones (by kernels, pulled, pageable) of `gpu`: on
/// machines of more than `few_cards` only those of the first of those selected are quick, so that a
/// run stays short, unless pairs were asked for. Between GPUs it is enough that one of them is the
/// first.
Tier tier_of_less_asked(const machine::Machine& machine, const result::Settings& settings, int gpu);

/// The host's memory that is nearest to the GPU: of its NUMA node, else the first; null: there is
/// none.
const machine::Pool* host_pool_near(const machine::Machine& machine, const machine::Gpu& gpu);

/// Memory of the host, as a GPU has it.
struct HostMemory {
  int node = -1;             ///< NUMA node that it is to lie on; -1: anywhere
  std::optional<int> named;  ///< the same, where the machine has several nodes
  /// In the names of places.
  int index() const { return std::max(node, 0); }
};

/// The memory of the host that is nearest to the GPU, then that of each other NUMA node with cores,
/// where the GPU's is known.
std::vector<HostMemory> host_memories(const machine::Machine& machine, const machine::Gpu& gpu);

/// The words of measure/ for the parts of a key.
result::Engine key_of(measure::Engine engine);
result::Op key_of(measure::Op op);
result::Op key_of(measure::HostOp op);
result::Op key_of(measure::Collective op);
result::Launch key_of(measure::Launch launch);
inline result::Place gpu_place(int index) { return {result::Place::Kind::gpu, index}; }
/// Of a pool's id, which is a place's name: "host0", or "hosts" for all of them together.
result::Place host_place(const std::string& pool);

/// What the counting rule of copies between GPUs says of staged ones: the driver may hold the
/// host's call until earlier work has ended, so that no gate could hold (measure::Runner).
inline const char* describe_gate(bool peer_access) {
  return peer_access ? "" : "; without a gate, since the host may be held in each call";
}

/// The families, one file each.
std::vector<Spec> peer_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> pattern_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> latency_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> chase_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> host_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> gpu_pool_specs(const machine::Machine& machine, const result::Settings& settings);
std::vector<Spec> host_pool_specs(const machine::Machine& machine,
                                  const result::Settings& settings);
std::vector<Spec> host_chase_specs(const machine::Machine& machine,
                                   const result::Settings& settings);
std::vector<Spec> collective_specs(const machine::Machine& machine,
                                   const result::Settings& settings);

std::vector<Spec> background_load_specs(const machine::Machine& machine,
                                        const result::Settings& settings);

/// Messages of settings.split, which must be there: by copies, and by NCCL.
std::vector<Spec> split_copy_specs(const machine::Machine& machine,
                                   const result::Settings& settings);
std::vector<Spec> split_nccl_specs(const machine::Machine& machine,
                                   const result::Settings& settings);

/// Tokens of the steps whose messages are measured: 1 to 64 of decoding, 2k to 32k of a prompt.
std::vector<int> split_tokens();

/// All buffers of a cell on a simulated machine: they are memory of the machine that it runs on.
inline constexpr Bytes simulated_memory = GiB;

/// Bytes of buffers that one cell may have on each of these GPUs, and the rule as words: a quarter
/// of what is free on the fullest of them, simulated its part of simulated_memory.
struct BufferBudget {
  Bytes bytes = 0;
  const char* rule = "";
};
BufferBudget buffer_budget(const machine::Machine& machine, const std::vector<int>& cards);

/// Each of `cards` with each other, source before destination; by distance, so that no GPU is the
/// first target of all others.
template <typename Card>
std::vector<std::pair<Card, Card>> all_to_all(const std::vector<Card>& cards) {
  std::vector<std::pair<Card, Card>> ways;
  for (std::size_t distance = 1; distance < cards.size(); ++distance) {
    for (std::size_t from = 0; from < cards.size(); ++from) {
      ways.emplace_back(cards[from], cards[(from + distance) % cards.size()]);
    }
  }
  return ways;
}

/// The driver's word for the pair and what it means; empty where it has none.
std::string why_refused(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to);

/// Bytes of one copy, and the rule that they come from as a sentence for the cell.
struct CopySize {
  Bytes bytes = 0;
  std::string rule;
};

/// Of a copy between two GPUs: at least 256 MiB and four times the larger L2, so that no cache
/// holds it, at most an eighth of the free memory of either GPU. In a machine of more than four
/// GPUs, where pairs are many, 64 MiB between those whose link carries no more than 100 GB/s, and
/// on a simulated one always. Less where the slowest way that is measured between them, by its
/// ceiling, would take longer than 25 ms for it, but not less than 4 MiB; and not less than 64 MiB
/// by a PCIe ceiling that the GPU's own link exceeds, since ports can be a hypervisor's invention.
CopySize peer_copy_size(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to);

/// Of a copy between host and GPU: as between GPUs, and at least four times the host's last-level
/// cache beside the GPU. On a simulated machine 16 MiB, since copies of
/// memory that the host may touch are all really done there.
CopySize host_copy_size(const machine::Machine& machine, const machine::Gpu& gpu);

}  // namespace peerbench::bench
