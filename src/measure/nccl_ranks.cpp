// SPDX-License-Identifier: Apache-2.0
#include "measure/nccl_ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "base/left_behind.hpp"
#include "measure/await.hpp"

namespace peerbench::measure {

namespace {

constexpr auto pause = std::chrono::milliseconds(1);

std::string seconds_of(std::chrono::nanoseconds limit) {
  return fmt::format("{:.3g} s", std::chrono::duration<double>(limit).count());
}

/// What a person can do about an error of NCCL's.
std::string advice(const std::string& words) {
  if (words.find("Duplicate GPU") != std::string::npos) {
    return "; NCCL wants a GPU for each rank: see CUDA_VISIBLE_DEVICES";
  }
  if (words.find("shared memory") != std::string::npos ||
      words.find("/dev/shm") != std::string::npos) {
    return "; give the container shared memory (docker run --shm-size=1g, or --ipc=host)";
  }
  if (words.find("driver version") != std::string::npos) {
    return "; take an NCCL built for the driver's CUDA version, or a younger driver";
  }
  return "; NCCL_DEBUG=INFO says more";
}

using Comms = std::vector<nccl::Comm>;

void abort_together(const nccl::Functions& call, const Comms& comms) {
  call.group_start();
  for (nccl::Comm comm : comms) call.abort(comm);
  call.group_end();
}

// Each on a thread of its own, so that none waits for one that has not been asked yet.
void abort_side_by_side(const nccl::Functions& call, const Comms& comms) {
  std::vector<std::jthread> threads;
  for (nccl::Comm comm : comms) threads.emplace_back([&call, comm] { call.abort(comm); });
}

}  // namespace

NcclRanks::NcclRanks(NcclRanks&& other) noexcept
    : library_(other.library_),
      gpus_(std::move(other.gpus_)),
      comms_(std::exchange(other.comms_, {})),
      limit_(other.limit_),
      blocking_(other.blocking_),
      use_(std::move(other.use_)),
      said_before_(other.said_before_) {}

NcclRanks::~NcclRanks() { destroy(); }

void NcclRanks::destroy() {
  for (nccl::Comm comm : std::exchange(comms_, {})) {
    if (comm != nullptr) library_->call().destroy(comm);
  }
}

void NcclRanks::give_up() {
  Comms comms = std::exchange(comms_, {});
  std::erase(comms, nullptr);
  if (comms.empty()) return;
  const auto give_up_all = library_->aborts_in_groups() ? abort_together : abort_side_by_side;
  library_->comes_back_within(limit_, [give_up_all, call = library_->call(),
                                       comms = std::move(comms)] { give_up_all(call, comms); });
}

// What the trial said holds until these say something themselves.
const NcclUse& NcclRanks::use() {
  NcclUse since = read_nccl_log(library_->log().substr(said_before_));
  if (!since.transport.empty()) {
    use_.transport = std::move(since.transport);
    use_.detail = std::move(since.detail);
  }
  if (!since.algorithms.empty()) use_.algorithms = std::move(since.algorithms);
  return use_;
}

// A rank that is gone is no matter of how this machine is set up; all else NCCL may refuse to do.
Error NcclRanks::error_of(nccl::Result result, nccl::Comm comm) const {
  const std::string words = library_->describe(result, comm);
  return {result == nccl::remote_error ? ErrorKind::device : ErrorKind::unsupported,
          fmt::format("NCCL: {}{}", words, advice(words)), nccl::name(result)};
}

nccl::Result NcclRanks::state_of(nccl::Comm comm) const {
  nccl::Result state = nccl::success;
  const nccl::Result asked = library_->call().async_error(comm, &state);
  return nccl::is_error(asked) ? asked : state;
}

Expected<void> NcclRanks::asynchronous_error() const {
  for (nccl::Comm comm : comms_) {
    const nccl::Result state = state_of(comm);
    if (nccl::is_error(state)) return tl::unexpected(error_of(state, comm));
  }
  return {};
}

Expected<void> NcclRanks::check(nccl::Result result) const {
  if (result == nccl::success) return {};
  if (result != nccl::in_progress) {
    return tl::unexpected(error_of(result, comms_.empty() ? nullptr : comms_.front()));
  }
  const auto start = HostClock::now();
  while (true) {
    const bool busy = std::ranges::any_of(
        comms_, [&](nccl::Comm comm) { return state_of(comm) == nccl::in_progress; });
    if (!busy) return asynchronous_error();
    if (HostClock::now() - start >= patience(limit_)) {
      return fail(ErrorKind::hang,
                  fmt::format("NCCL did not get ready within {} and was aborted; look at the way "
                              "between the GPUs (peerbench machine), and try NCCL_P2P_DISABLE=1",
                              seconds_of(limit_)));
    }
    HostClock::sleep_for(pause);
  }
}

Expected<void> NcclRanks::make(bool blocking) {
  nccl::UniqueId id{};
  PEERBENCH_TRY(check(library_->call().unique_id(&id)));
  nccl::Config config;
  config.blocking = blocking ? 1 : 0;
  blocking_ = blocking;
  comms_.assign(gpus_.size(), nullptr);
  return grouped([&](int rank) {
    return library_->call().init_rank(&comms_[static_cast<std::size_t>(rank)], size(), id, rank,
                                      &config);
  });
}

// Some ways are only connected by the first operation that needs them. Where one fails, ranks that
// were told may wait for those that were not: they are ended before their memory is freed.
Expected<void> NcclRanks::try_all() {
  std::vector<Buffer> memory;
  std::vector<Stream> streams;
  auto tried = try_with(memory, streams);
  if (!tried) give_up();
  return tried;
}

Expected<void> NcclRanks::try_with(std::vector<Buffer>& memory,
                                   std::vector<Stream>& streams) const {
  const std::size_t count = 64 * gpus_.size();
  for (int gpu : gpus_) {
    auto buffer = Buffer::allocate(measure::gpu(gpu), 2 * count * sizeof(float));
    if (!buffer) return tl::unexpected(buffer.error());
    auto stream = Stream::create(gpu);
    if (!stream) return tl::unexpected(stream.error());
    memory.push_back(std::move(*buffer));
    streams.push_back(std::move(*stream));
  }
  const auto& call = library_->call();
  const auto from = [&](int rank) {
    return static_cast<float*>(memory[static_cast<std::size_t>(rank)].data());
  };
  const auto to = [&](int rank) { return from(rank) + count; };
  const auto stream = [&](int rank) { return streams[static_cast<std::size_t>(rank)].get(); };
  const auto ends = [&]() -> Expected<void> {
    const auto start = HostClock::now();
    for (const Stream& each : streams) {
      while (true) {
        const cudaError_t code = cudaStreamQuery(each.get());
        if (code != cudaErrorNotReady) {
          PEERBENCH_TRY(check_cuda(code, "cudaStreamQuery"));
          break;
        }
        cudaGetLastError();
        // The others wait for ever for a rank whose GPU has gone.
        for (const Stream& other : streams) PEERBENCH_TRY(none_failed(other));
        if (HostClock::now() - start >= patience(limit_)) {
          for (Buffer& buffer : memory) buffer.abandon();
          for (Stream& hung : streams) hung.abandon();
          leave_behind();
          return fail(ErrorKind::hang,
                      fmt::format("NCCL connected, but a collective of {} bytes did not end within "
                                  "{} and was aborted; try NCCL_P2P_DISABLE=1",
                                  count * sizeof(float), seconds_of(limit_)));
        }
        HostClock::sleep_for(pause);
      }
    }
    return {};
  };
  PEERBENCH_TRY(grouped([&](int rank) {
    return call.all_reduce(from(rank), to(rank), count, nccl::float32, nccl::sum, comm(rank),
                           stream(rank));
  }));
  PEERBENCH_TRY(ends());
  PEERBENCH_TRY(grouped([&](int rank) {
    for (int peer = 0; peer < size(); ++peer) {
      const auto sent = call.send(from(rank), 64, nccl::float32, peer, comm(rank), stream(rank));
      if (nccl::is_error(sent)) return sent;
      const auto received =
          call.receive(to(rank) + 64 * peer, 64, nccl::float32, peer, comm(rank), stream(rank));
      if (nccl::is_error(received)) return received;
    }
    return nccl::success;
  }));
  return ends();
}

// A blocking call cannot be polled: it runs on a thread of its own, which is left behind with what
// it holds when it does not come back.
Expected<NcclRanks> NcclRanks::make_blocking(NcclRanks ranks) {
  struct Making {
    NcclRanks ranks;
    Expected<void> made;
  };
  const auto limit = ranks.limit_;
  const NcclLibrary& library = *ranks.library_;
  const auto making = std::make_shared<Making>(Making{std::move(ranks), {}});
  if (!library.comes_back_within(limit, [making] { making->made = making->ranks.make(true); })) {
    return fail(ErrorKind::hang,
                fmt::format("NCCL had connected without blocking, but did not as programs do it "
                            "within {}; NCCL_DEBUG=INFO says more",
                            seconds_of(limit)));
  }
  if (!making->made) {
    making->ranks.give_up();
    return tl::unexpected(making->made.error());
  }
  return std::move(making->ranks);
}

Expected<NcclRanks> NcclRanks::connect(const NcclLibrary& library, const std::vector<int>& gpus,
                                       std::chrono::nanoseconds limit) {
  NcclRanks ranks(library, gpus);
  ranks.limit_ = limit;
  const std::size_t said_before = library.log().size();
  auto tried = ranks.make(false);
  if (tried) tried = ranks.try_all();
  if (!tried) {
    ranks.give_up();
    return tl::unexpected(tried.error());
  }
  ranks.use_ = read_nccl_log(library.log().substr(said_before));
  ranks.destroy();
  ranks.said_before_ = library.log().size();
  return make_blocking(std::move(ranks));
}

}  // namespace peerbench::measure
