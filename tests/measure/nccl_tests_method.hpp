// SPDX-License-Identifier: Apache-2.0
// The time of one operation as NVIDIA's nccl-tests take it, written anew from what its source says
// (src/common.cu of v2.19.6, BenchTime): a reference for how ours compares.
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "base/clock.hpp"
#include "measure/collective.hpp"

namespace peerbench::measure {

/// One process and one thread with all ranks (-g N), iterations as by default: one untimed
/// operation, then 20 that the host launches one after another, each a group of all ranks' calls;
/// the host's time from before the first call until all streams have ended, over 20. With graphs
/// (-G), the 20 are recorded in a graph for each GPU, which the host launches as often as said.
class NcclTestsMethod {
 public:
  static constexpr int iterations = 20;

  NcclTestsMethod(const NcclRanks& ranks, Collective op, Bytes bytes)
      : ranks_(ranks), op_(op), bytes_(bytes) {
    for (const int gpu : ranks.gpus()) {
      cudaSetDevice(gpu);
      Rank& rank = all_.emplace_back();
      cudaMalloc(&rank.from, bytes);
      cudaMalloc(&rank.to, bytes);
      cudaStreamCreateWithFlags(&rank.stream, cudaStreamNonBlocking);
    }
  }
  NcclTestsMethod(const NcclTestsMethod&) = delete;
  NcclTestsMethod& operator=(const NcclTestsMethod&) = delete;
  ~NcclTestsMethod() {
    for (const Rank& rank : all_) {
      cudaFree(rank.from);
      cudaFree(rank.to);
      cudaStreamDestroy(rank.stream);
    }
  }

  /// GB/s busbw, by the factors of its doc/PERFORMANCE.md; of so many launches of graphs, or
  /// without any.
  double busbw(int graphs = 0) {
    const auto n = static_cast<double>(ranks_.size());
    const double factor = op_ == Collective::all_reduce  ? 2 * (n - 1) / n
                          : op_ == Collective::broadcast ? 1
                                                         : (n - 1) / n;
    const double seconds = graphs == 0 ? timed([&] { launch_all(); }) / iterations
                                       : of_graphs(graphs) / (graphs * iterations);
    return static_cast<double>(bytes_) / seconds * 1e-9 * factor;
  }

 private:
  struct Rank {
    void* from = nullptr;
    void* to = nullptr;
    cudaStream_t stream = nullptr;
  };

  template <typename Work>
  double timed(const Work& work) {
    launch();
    await();
    const auto start = HostClock::now();
    work();
    await();
    return std::chrono::duration<double>(HostClock::now() - start).count();
  }

  /// Launched once before it is timed, as its users are advised to (ROCm/rccl-tests#75).
  double of_graphs(int launches) {
    for (const Rank& rank : all_) {
      cudaStreamBeginCapture(rank.stream, cudaStreamCaptureModeThreadLocal);
    }
    launch_all();
    std::vector<cudaGraphExec_t> graphs;
    for (const Rank& rank : all_) {
      cudaGraph_t graph = nullptr;
      cudaStreamEndCapture(rank.stream, &graph);
      cudaGraphInstantiate(&graphs.emplace_back(), graph, 0);
      cudaGraphDestroy(graph);
    }
    const auto replay = [&] {
      for (std::size_t rank = 0; rank < all_.size(); ++rank) {
        cudaGraphLaunch(graphs[rank], all_[rank].stream);
      }
    };
    replay();
    const double seconds = timed([&] {
      for (int time = 0; time < launches; ++time) replay();
    });
    for (cudaGraphExec_t graph : graphs) cudaGraphExecDestroy(graph);
    return seconds;
  }

  void launch_all() {
    for (int time = 0; time < iterations; ++time) launch();
  }

  void launch() {
    const nccl::Functions& call = ranks_.library().call();
    call.group_start();
    for (int rank = 0; rank < ranks_.size(); ++rank) call_of(rank);
    call.group_end();
  }

  void call_of(int index) {
    const nccl::Functions& call = ranks_.library().call();
    const auto& [from, to, stream] = all_[static_cast<std::size_t>(index)];
    const nccl::Comm comm = ranks_.comm(index);
    const std::size_t all = bytes_ / sizeof(float);
    const std::size_t part = all / all_.size();
    switch (op_) {
      case Collective::all_gather:
        call.all_gather(from, to, part, nccl::float32, comm, stream);
        return;
      case Collective::reduce_scatter:
        call.reduce_scatter(from, to, part, nccl::float32, nccl::sum, comm, stream);
        return;
      case Collective::broadcast:
        call.broadcast(from, to, all, nccl::float32, 0, comm, stream);
        return;
      case Collective::all_to_all:
        if (call.all_to_all != nullptr) {  // its src/alltoall.cu, from 2.28 on
          call.all_to_all(from, to, part, nccl::float32, comm, stream);
          return;
        }
        for (int peer = 0; peer < ranks_.size(); ++peer) {
          const std::size_t offset = static_cast<std::size_t>(peer) * part;
          call.send(static_cast<const float*>(from) + offset, part, nccl::float32, peer, comm,
                    stream);
          call.receive(static_cast<float*>(to) + offset, part, nccl::float32, peer, comm, stream);
        }
        return;
      default:
        call.all_reduce(from, to, all, nccl::float32, nccl::sum, comm, stream);
    }
  }

  void await() const {
    for (const Rank& rank : all_) {
      while (cudaStreamQuery(rank.stream) == cudaErrorNotReady) cudaGetLastError();
    }
  }

  const NcclRanks& ranks_;
  Collective op_;
  Bytes bytes_;
  std::vector<Rank> all_;
};

}  // namespace peerbench::measure
