#include "measure/nccl_ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/checked.hpp"
#include "base/clock.hpp"

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

}  // namespace

NcclRanks::NcclRanks(NcclRanks&& other) noexcept
    : library_(other.library_),
      gpus_(std::move(other.gpus_)),
      comms_(std::exchange(other.comms_, {})),
      limit_(other.limit_),
      use_(std::move(other.use_)),
      said_before_(other.said_before_) {}

NcclRanks::~NcclRanks() { destroy(); }

void NcclRanks::destroy() {
  for (nccl::Comm comm : std::exchange(comms_, {})) {
    if (comm != nullptr) library_->call().destroy(comm);
  }
}

void NcclRanks::give_up() {
  for (nccl::Comm comm : std::exchange(comms_, {})) {
    if (comm != nullptr) library_->call().abort(comm);
  }
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

Expected<void> NcclRanks::asynchronous_error() const {
  for (nccl::Comm comm : comms_) {
    nccl::Result state = nccl::success;
    library_->call().async_error(comm, &state);
    if (state == nccl::success || state == nccl::in_progress) continue;
    const std::string words = library_->words(state, comm);
    return fail(ErrorKind::unsupported, fmt::format("NCCL: {}{}", words, advice(words)));
  }
  return {};
}

Expected<void> NcclRanks::settled(nccl::Result result) const {
  if (result == nccl::success) return {};
  if (result != nccl::in_progress) {
    const nccl::Comm first = comms_.empty() ? nullptr : comms_.front();
    const std::string words = library_->words(result, first);
    return fail(ErrorKind::unsupported, fmt::format("NCCL: {}{}", words, advice(words)));
  }
  const auto start = HostClock::now();
  while (true) {
    const bool busy = std::ranges::any_of(comms_, [&](nccl::Comm comm) {
      nccl::Result state = nccl::success;
      library_->call().async_error(comm, &state);
      return state == nccl::in_progress;
    });
    if (!busy) return asynchronous_error();
    if (HostClock::now() - start >= limit_) {
      return fail(ErrorKind::unsupported,
                  fmt::format("NCCL did not get ready within {} and was aborted; look at the way "
                              "between the cards (peerbench machine), and try NCCL_P2P_DISABLE=1",
                              seconds_of(limit_)));
    }
    HostClock::sleep_for(pause);
  }
}

Expected<void> NcclRanks::make(bool blocking) {
  nccl::UniqueId id{};
  if (const auto made = library_->call().unique_id(&id); made != nccl::success) {
    return settled(made);
  }
  nccl::Config config;
  config.blocking = blocking ? 1 : 0;
  comms_.assign(gpus_.size(), nullptr);
  return grouped([&](int rank) {
    return library_->call().init_rank(&comms_[static_cast<std::size_t>(rank)], size(), id, rank,
                                      &config);
  });
}

// Some ways are only connected by the first operation that needs them.
Expected<void> NcclRanks::try_all() const {
  std::vector<Buffer> memory;
  std::vector<Stream> streams;
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
        if (HostClock::now() - start >= limit_) {
          for (Buffer& buffer : memory) buffer.abandon();
          for (Stream& hung : streams) hung.abandon();
          return fail(ErrorKind::unsupported,
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

/// What the connecting thread and the waiting one share; it lives as long as the slower of them.
struct NcclRanks::Connecting {
  explicit Connecting(NcclRanks made) : ranks(std::move(made)) {}
  std::mutex mutex;
  std::condition_variable changed;
  NcclRanks ranks;  // nobody else touches it before `done`
  std::optional<Expected<void>> done;
};

// A blocking call cannot be polled: it runs on a thread of its own, which is left behind with what
// it holds when it does not come back.
Expected<NcclRanks> NcclRanks::make_blocking(NcclRanks ranks) {
  const auto limit = ranks.limit_;
  const auto shared = std::make_shared<Connecting>(std::move(ranks));
  std::thread([shared] {
    auto made = shared->ranks.make(true);
    const std::lock_guard lock(shared->mutex);
    shared->done = std::move(made);
    shared->changed.notify_all();
  }).detach();

  std::unique_lock lock(shared->mutex);
  if (!shared->changed.wait_for(lock, limit, [&] { return shared->done.has_value(); })) {
    return fail(ErrorKind::unsupported,
                fmt::format("NCCL had connected without blocking, but did not as programs do it "
                            "within {}; NCCL_DEBUG=INFO says more",
                            seconds_of(limit)));
  }
  if (!*shared->done) {
    shared->ranks.give_up();
    return tl::unexpected(shared->done->error());
  }
  return std::move(shared->ranks);
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
