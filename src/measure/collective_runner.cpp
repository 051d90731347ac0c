#include "measure/collective_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/checked.hpp"
#include "base/clock.hpp"

namespace peerbench::measure {

namespace {

nccl::DataType type_of(kernels::Real real) {
  return real == kernels::Real::half ? nccl::float16 : nccl::float32;
}

/// What a rank gets: blocks of equal length, each a sum.
std::vector<kernels::SumOf> expected(Collective op, std::size_t rank, std::size_t ranks,
                                     std::size_t count) {
  const auto number = static_cast<std::uint32_t>(rank);
  const auto all = static_cast<std::uint32_t>(ranks);
  switch (op) {
    case Collective::all_reduce:
      return {{0, 0, all}};
    case Collective::reduce_scatter:
      return {{rank * count, 0, all}};
    case Collective::broadcast:
      return {{0, 0, 1}};
    case Collective::send_recv:
      return {{0, (number + all - 1) % all, 1}};
    case Collective::send:
      if (rank == 0) return {};  // gets nothing
      return {{0, 0, 1}};
    case Collective::all_gather:
    case Collective::all_to_all:
      break;
  }
  std::vector<kernels::SumOf> blocks;
  for (std::uint32_t other = 0; other < all; ++other) {
    blocks.push_back({op == Collective::all_to_all ? rank * count : 0, other, 1});
  }
  return blocks;
}

}  // namespace

CollectiveRunner::CollectiveRunner(NcclRanks& ranks, const CollectiveRequest& request,
                                   const RunnerLimits& limits, Gate gate, Event begin, Event finish)
    : ranks_(&ranks),
      request_(request),
      limits_(limits),
      gate_(std::move(gate)),
      begin_(std::move(begin)),
      finish_(std::move(finish)) {}

CollectiveRunner::CollectiveRunner(CollectiveRunner&& other) noexcept
    : ranks_(other.ranks_),
      request_(std::move(other.request_)),
      limits_(other.limits_),
      gate_(std::move(other.gate_)),
      begin_(std::move(other.begin_)),
      finish_(std::move(other.finish_)),
      all_(std::move(other.all_)),
      times_(other.times_),
      graph_(std::exchange(other.graph_, nullptr)) {}

CollectiveRunner::~CollectiveRunner() {
  if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
}

Expected<CollectiveRunner> CollectiveRunner::create(NcclRanks& ranks,
                                                    const CollectiveRequest& request,
                                                    const RunnerLimits& limits) {
  if (request.op == Collective::send && request.gpus.size() != 2) {
    return fail(ErrorKind::unsupported, "a send is between two ranks");
  }
  if (!divides(request)) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} bytes cannot be divided into {} for each of {} ranks",
                            request.bytes, name(request.real), request.gpus.size()));
  }
  auto gate = Gate::create();
  if (!gate) return tl::unexpected(gate.error());
  auto begin = Event::create(request.gpus.front());
  if (!begin) return tl::unexpected(begin.error());
  auto finish = Event::create(request.gpus.front());
  if (!finish) return tl::unexpected(finish.error());
  CollectiveRunner runner(ranks, request, limits, std::move(*gate), std::move(*begin),
                          std::move(*finish));
  const CollectiveRow& row = row_of(request.op);
  const Bytes part = request.bytes / request.gpus.size();
  for (int index : request.gpus) {
    auto from = Buffer::allocate(gpu(index), row.parts_from ? part : request.bytes);
    if (!from) return tl::unexpected(from.error());
    auto to = Buffer::allocate(gpu(index), row.parts_to ? part : request.bytes);
    if (!to) return tl::unexpected(to.error());
    auto stream = Stream::create(index);
    if (!stream) return tl::unexpected(stream.error());
    auto end = Event::create(index);
    if (!end) return tl::unexpected(end.error());
    runner.all_.push_back({std::move(*from), std::move(*to), std::move(*stream), std::move(*end)});
  }
  return runner;
}

std::size_t CollectiveRunner::count() const {
  const CollectiveRow& row = row_of(request_.op);
  const bool parts = row.parts_from || row.parts_to || request_.op == Collective::all_to_all;
  const std::size_t all = request_.bytes / kernels::bytes_of(request_.real);
  return parts ? all / request_.gpus.size() : all;
}

Expected<void> CollectiveRunner::fill(std::uint64_t seed) {
  for (std::size_t rank = 0; rank < all_.size(); ++rank) {
    const Rank& each = all_[rank];
    PEERBENCH_ON_DEVICE(each.stream.device());
    PEERBENCH_TRY(PEERBENCH_CUDA(kernels::launch_fill_numbers(
        each.from.data(), each.from.bytes() / kernels::bytes_of(request_.real), request_.real,
        static_cast<std::uint32_t>(rank), seed, each.stream.get())));
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamSynchronize(each.stream.get())));
  }
  return {};
}

Expected<void> CollectiveRunner::poison() {
  constexpr int no_number = 0xff;  // every element a NaN
  for (const Rank& each : all_) {
    PEERBENCH_ON_DEVICE(each.stream.device());
    PEERBENCH_TRY(PEERBENCH_CUDA(
        cudaMemsetAsync(each.to.data(), no_number, each.to.bytes(), each.stream.get())));
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamSynchronize(each.stream.get())));
  }
  return {};
}

Expected<std::string> CollectiveRunner::find_corruption(std::uint64_t seed) {
  for (std::size_t rank = 0; rank < all_.size(); ++rank) {
    const Rank& each = all_[rank];
    const cudaStream_t stream = each.stream.get();
    PEERBENCH_ON_DEVICE(each.stream.device());
    auto memory = Buffer::allocate(each.to.place(), sizeof(kernels::PatternReport));
    if (!memory) return tl::unexpected(memory.error());
    auto* const report = static_cast<kernels::PatternReport*>(memory->data());
    const auto blocks = expected(request_.op, rank, all_.size(), count());
    if (blocks.empty()) continue;
    const std::size_t block_bytes = each.to.bytes() / blocks.size();
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      kernels::PatternReport found;
      PEERBENCH_TRY(PEERBENCH_CUDA(
          cudaMemcpyAsync(report, &found, sizeof found, cudaMemcpyHostToDevice, stream)));
      PEERBENCH_TRY(PEERBENCH_CUDA(kernels::launch_check_numbers(
          static_cast<const std::byte*>(each.to.data()) + block * block_bytes,
          block_bytes / kernels::bytes_of(request_.real), request_.real, blocks[block], seed,
          report, stream)));
      PEERBENCH_TRY(PEERBENCH_CUDA(
          cudaMemcpyAsync(&found, report, sizeof found, cudaMemcpyDeviceToHost, stream)));
      PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamSynchronize(stream)));
      if (found.wrong_words == 0) continue;
      return fmt::format(
          "{} of {} elements that rank {} (gpu{}) got are wrong, the first at {} of "
          "block {}: another sum than that of what the ranks gave",
          found.wrong_words, block_bytes / kernels::bytes_of(request_.real), rank,
          each.stream.device(), found.first_wrong, block);
    }
  }
  return std::string();
}

Expected<void> CollectiveRunner::queue_one() {
  const nccl::Functions& call = ranks_->library().call();
  const nccl::DataType type = type_of(request_.real);
  const int ranks = ranks_->size();
  return ranks_->grouped([&](int rank) {
    const Rank& mine = all_[static_cast<std::size_t>(rank)];
    const auto* const from = static_cast<const std::byte*>(mine.from.data());
    auto* const to = static_cast<std::byte*>(mine.to.data());
    const nccl::Comm comm = ranks_->comm(rank);
    const cudaStream_t stream = mine.stream.get();
    const auto exchange = [&](const std::byte* give, int receiver, std::byte* get, int sender) {
      const auto sent = call.send(give, count(), type, receiver, comm, stream);
      return nccl::is_error(sent) ? sent : call.receive(get, count(), type, sender, comm, stream);
    };
    switch (request_.op) {
      case Collective::all_reduce:
        return call.all_reduce(from, to, count(), type, nccl::sum, comm, stream);
      case Collective::all_gather:
        return call.all_gather(from, to, count(), type, comm, stream);
      case Collective::reduce_scatter:
        return call.reduce_scatter(from, to, count(), type, nccl::sum, comm, stream);
      case Collective::broadcast:
        return call.broadcast(from, to, count(), type, 0, comm, stream);
      case Collective::send_recv:
        return exchange(from, (rank + 1) % ranks, to, (rank + ranks - 1) % ranks);
      case Collective::send:
        return rank == 0 ? call.send(from, count(), type, 1, comm, stream)
                         : call.receive(to, count(), type, 0, comm, stream);
      case Collective::all_to_all:
        break;
    }
    const std::size_t part = count() * kernels::bytes_of(request_.real);
    for (int peer = 0; peer < ranks; ++peer) {
      const std::size_t offset = static_cast<std::size_t>(peer) * part;
      const auto done = exchange(from + offset, peer, to + offset, peer);
      if (nccl::is_error(done)) return done;
    }
    return nccl::success;
  });
}

// The start that all streams share, the operations, and the join of all streams.
Expected<void> CollectiveRunner::queue(int times) {
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(begin_.get(), lead().stream.get())));
  for (std::size_t rank = 1; rank < all_.size(); ++rank) {
    PEERBENCH_ON_DEVICE(all_[rank].stream.device());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamWaitEvent(all_[rank].stream.get(), begin_.get(), 0)));
  }
  for (int time = 0; time < times; ++time) PEERBENCH_TRY(queue_one());
  for (std::size_t rank = 1; rank < all_.size(); ++rank) {
    {
      PEERBENCH_ON_DEVICE(all_[rank].stream.device());
      PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(all_[rank].end.get(), all_[rank].stream.get())));
    }
    PEERBENCH_ON_DEVICE(lead().stream.device());
    PEERBENCH_TRY(
        PEERBENCH_CUDA(cudaStreamWaitEvent(lead().stream.get(), all_[rank].end.get(), 0)));
  }
  return {};
}

Expected<double> CollectiveRunner::timed(int times) {
  PEERBENCH_ON_DEVICE(lead().stream.device());
  auto queued = queue(times);
  if (queued) queued = PEERBENCH_CUDA(cudaEventRecord(finish_.get(), lead().stream.get()));
  if (!queued) {  // what was queued before may wait for ranks that never come
    abandon();
    return tl::unexpected(queued.error());
  }
  PEERBENCH_TRY(await_finish());
  const auto seconds = seconds_between(begin_, finish_);
  return seconds ? *seconds / times : seconds;
}

Expected<double> CollectiveRunner::first() {
  if (auto woken = timed(1); !woken) return woken;
  return timed(1);
}

Expected<void> CollectiveRunner::prepare(int times) {
  times_ = std::clamp(times, 1, max_queued_copies);
  return request_.launch == Launch::graph ? record(times_) : Expected<void>{};
}

// One graph over all GPUs: the streams of the others join the capture by the event they wait for.
Expected<void> CollectiveRunner::record(int times) {
  PEERBENCH_ON_DEVICE(lead().stream.device());
  PEERBENCH_TRY(PEERBENCH_CUDA(
      cudaStreamBeginCapture(lead().stream.get(), cudaStreamCaptureModeThreadLocal)));
  auto queued = queue(times);
  cudaGraph_t graph = nullptr;
  auto ended = PEERBENCH_CUDA(cudaStreamEndCapture(lead().stream.get(), &graph));
  if (!queued) return queued;
  if (!ended) return ended;
  const auto made = PEERBENCH_CUDA(cudaGraphInstantiate(&graph_, graph, 0));
  cudaGraphDestroy(graph);
  return made;
}

// Behind the gate, so that the time of the launch is not in it.
Expected<double> CollectiveRunner::replay() {
  PEERBENCH_ON_DEVICE(lead().stream.device());
  const cudaStream_t stream = lead().stream.get();
  PEERBENCH_TRY(gate_.close(lead().stream, limits_.gate_timeout));
  const auto queue_all = [&]() -> Expected<void> {
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(begin_.get(), stream)));
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaGraphLaunch(graph_, stream)));
    return PEERBENCH_CUDA(cudaEventRecord(finish_.get(), stream));
  };
  const auto queued = queue_all();
  const auto held = gate_.held(begin_);
  gate_.open();  // on every path: a stream behind a closed gate would block all that follows
  if (!queued) return tl::unexpected(queued.error());
  if (!held) return tl::unexpected(held.error());
  PEERBENCH_TRY(await_finish());
  if (!*held) return fail(ErrorKind::device, "the gate did not hold while a graph was launched");
  const auto seconds = seconds_between(begin_, finish_);
  return seconds ? *seconds / times_ : seconds;
}

Expected<double> CollectiveRunner::sample() {
  return request_.launch == Launch::graph ? replay() : timed(times_);
}

Expected<void> CollectiveRunner::await_finish() {
  constexpr auto eager = std::chrono::milliseconds(2);
  constexpr auto pause = std::chrono::microseconds(100);
  const auto start = HostClock::now();
  while (true) {
    const cudaError_t code = cudaEventQuery(finish_.get());
    if (code != cudaErrorNotReady) return check_cuda(code, "cudaEventQuery(finish)");
    cudaGetLastError();
    const auto waited = HostClock::now() - start;
    if (waited < eager) continue;
    if (auto well = ranks_->asynchronous_error(); !well) {
      abandon();
      return well;
    }
    if (waited < limits_.hang_after) {
      HostClock::sleep_for(pause);
      continue;
    }
    abandon();
    return fail(
        ErrorKind::hang,
        fmt::format("the collective did not end within {} s and was aborted",
                    std::chrono::duration_cast<std::chrono::seconds>(limits_.hang_after).count()));
  }
}

void CollectiveRunner::abandon() {
  ranks_->give_up();
  gate_.abandon();
  begin_.abandon();
  finish_.abandon();
  graph_ = nullptr;
  for (Rank& each : all_) {
    each.from.abandon();
    each.to.abandon();
    each.stream.abandon();
    each.end.abandon();
  }
}

}  // namespace peerbench::measure
