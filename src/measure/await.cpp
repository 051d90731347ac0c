// SPDX-License-Identifier: Apache-2.0
#include "measure/await.hpp"

#include <fmt/format.h>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/interrupt.hpp"

namespace peerbench::measure {

namespace {

Expected<void> ended_early(const Wait& wait, Expected<void> why) {
  if (wait.abandon) wait.abandon();
  return why;
}

}  // namespace

Expected<void> await(const std::function<cudaError_t()>& ask, const Wait& wait) {
  const auto start = HostClock::now();
  while (true) {
    const cudaError_t code = ask();
    if (code != cudaErrorNotReady) return check_cuda(code, ("waiting for " + wait.what).c_str());
    cudaGetLastError();  // "not ready" is no error
    const auto waited = HostClock::now() - start;
    if (waited < wait.eager) continue;
    if (wait.meanwhile) {
      if (auto well = wait.meanwhile(); !well) return ended_early(wait, std::move(well));
    }
    if (waited >= patience(wait.limit)) {
      const double seconds = std::chrono::duration<double>(wait.limit).count();
      return ended_early(wait, fail(ErrorKind::hang, fmt::format("{} did not end within {:g} s",
                                                                 wait.what, seconds)));
    }
    HostClock::sleep_for(wait.pause);
  }
}

Expected<void> none_failed(const Stream& stream) {
  const cudaError_t code = cudaStreamQuery(stream.get());
  if (code != cudaErrorNotReady) {
    return check_cuda(code, fmt::format("cudaStreamQuery(gpu{})", stream.device()).c_str());
  }
  cudaGetLastError();  // "not ready" is no error
  return {};
}

Expected<void> finish(Stream& stream, const std::string& doing) {
  return await([&] { return cudaStreamQuery(stream.get()); },
               {.what = doing, .abandon = [&] { stream.abandon(); }});
}

}  // namespace peerbench::measure
