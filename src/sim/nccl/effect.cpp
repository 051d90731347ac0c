// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/effect.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "sim/core/faults.hpp"

namespace gpusim {
namespace {

constexpr std::size_t most_remembered = 256;

/// What a collective does to memory, once all bytes have arrived.
class CollectiveEffect {
 public:
  CollectiveEffect(const MachineFile& file, std::shared_ptr<Clique> clique,
                   const CollectiveCall& call, const Rendezvous& meeting, std::uint64_t random)
      : file_(file),
        clique_(std::move(clique)),
        call_(call),
        from_(meeting.from),
        to_(meeting.to),
        factors_(meeting.factors),
        random_(random) {
    for (int rank = 0; rank < clique_->ranks(); ++rank) {
      gpus_.push_back(clique_->gpu(rank));
      previous_.push_back(clique_->gpu(clique_->previous(rank)));
    }
  }

  void apply() {
    const std::string key = this->key();
    const auto before = clique_->left_behind.find(key);
    if (before != clique_->left_behind.end() && before->second == versions()) return;
    move_all();
    for (const Location& each : to_) {
      if (each.allocation) ++each.allocation->version;
    }
    if (!file_.faults.empty() || overlaps()) return;
    if (clique_->left_behind.size() >= most_remembered) clique_->left_behind.clear();
    clique_->left_behind[key] = versions();
  }

 private:
  std::size_t index(int rank) const { return static_cast<std::size_t>(rank); }
  int ranks() const { return clique_->ranks(); }
  std::size_t block() const { return call_.bytes(); }

  void move_all() {
    switch (call_.kind) {
      case Kind::all_reduce:
        reduce_blocks(0);
        for (int rank = 0; rank < ranks(); ++rank) write(rank, 0, scratch_.data(), previous_);
        return;
      case Kind::reduce:
        reduce_blocks(0);
        return write(call_.root, 0, scratch_.data(), previous_);
      case Kind::reduce_scatter:
        for (int rank = 0; rank < ranks(); ++rank) {
          reduce_blocks(index(rank) * block());
          write(rank, 0, scratch_.data(), previous_);
        }
        return;
      case Kind::broadcast:
        for (int rank = 0; rank < ranks(); ++rank) {
          write(rank, 0, from_[index(call_.root)].alias, previous_);
        }
        return;
      case Kind::all_gather:
        for (int rank = 0; rank < ranks(); ++rank) {
          for (int part = 0; part < ranks(); ++part) {
            write(rank, index(part) * block(), from_[index(part)].alias, previous_, part == rank);
          }
        }
        return;
      case Kind::all_to_all:
        for (int rank = 0; rank < ranks(); ++rank) {
          for (int part = 0; part < ranks(); ++part) {
            const std::vector<int> sender(index(ranks()), gpus_[index(part)]);
            write(rank, index(part) * block(), from_[index(part)].alias + index(rank) * block(),
                  sender, part == rank);
          }
        }
        return;
    }
  }

  void reduce_blocks(std::size_t offset) {
    std::vector<const std::byte*> parts;
    std::vector<std::vector<std::byte>> products(from_.size());
    for (std::size_t rank = 0; rank < from_.size(); ++rank) {
      parts.push_back(from_[rank].alias + offset);
      if (!factors_[rank]) continue;
      products[rank].resize(block());
      multiply(call_.type, factors_[rank]->data(), parts[rank], call_.count, products[rank].data());
      parts[rank] = products[rank].data();
    }
    scratch_.resize(block());
    reduce(call_.type, call_.operation, parts, call_.count, scratch_.data());
  }

  /// A block into a rank's memory; what came over a link meets the link's fault.
  void write(int rank, std::size_t offset, const std::byte* data, const std::vector<int>& sender,
             bool own = false) {
    Location to = to_[index(rank)];
    to.offset += offset;
    to.alias += offset;
    const int source = sender[index(rank)], target = gpus_[index(rank)];
    const bool staged = clique_->staged.contains({source, target});
    const DataFault fault = own || ranks() == 1
                                ? DataFault::none
                                : data_fault(file_, {source, target, Carrier::nccl, staged});
    if (fault == DataFault::none) {
      std::memmove(to.alias, data, block());
      return;
    }
    write_with_fault(to, block(), fault, random_, [&] { std::memmove(to.alias, data, block()); });
  }

  std::string key() const {
    std::string text = call_.text();
    for (const auto* list : {&from_, &to_}) {
      for (const Location& each : *list) {
        text +=
            each.allocation ? fmt::format(" {}+{}", each.allocation->number, each.offset) : " -";
      }
    }
    return text;
  }

  std::vector<std::uint64_t> versions() const {
    std::vector<std::uint64_t> all;
    for (const auto* list : {&from_, &to_}) {
      for (const Location& each : *list) {
        if (each.allocation) all.push_back(each.allocation->version);
      }
    }
    return all;
  }

  /// A repetition changes something, or nobody can tell: memory that the host may touch.
  bool overlaps() const {
    if (call_.factor) return true;
    for (const Location& source : from_) {
      if (source.allocation && source.allocation->host_visible()) return true;
      for (const Location& target : to_) {
        if (source.allocation && source.allocation == target.allocation) return true;
      }
    }
    return false;
  }

  const MachineFile& file_;
  std::shared_ptr<Clique> clique_;
  CollectiveCall call_;
  std::vector<Location> from_, to_;
  std::vector<std::shared_ptr<const Scalar>> factors_;
  std::vector<int> gpus_, previous_;  ///< GPUs of the ranks, and of those before them in the ring
  std::vector<std::byte> scratch_;
  std::uint64_t random_;
};

}  // namespace

std::string CollectiveCall::text() const {
  return fmt::format("{} count {} datatype {} op {} root {}", name, count, static_cast<int>(type),
                     static_cast<int>(operation), root);
}

std::function<void()> effect_of(const MachineFile& file, std::shared_ptr<Clique> clique,
                                const CollectiveCall& call, const Rendezvous& meeting,
                                std::uint64_t random) {
  auto effect = std::make_shared<CollectiveEffect>(file, std::move(clique), call, meeting, random);
  return [effect = std::move(effect)] { effect->apply(); };
}

}  // namespace gpusim
