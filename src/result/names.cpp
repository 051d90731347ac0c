// SPDX-License-Identifier: Apache-2.0
#include "result/run.hpp"

namespace peerbench::result {

const char* name(Status value) {
  switch (value) {
    case Status::ok:
      return "ok";
    case Status::corrupt:
      return "corrupt";
    case Status::hang:
      return "hang";
    case Status::unsupported:
      return "unsupported";
    case Status::skipped:
      return "skipped";
    case Status::error:
      break;
  }
  return "error";
}

const char* name(Verdict value) {
  switch (value) {
    case Verdict::good:
      return "good";
    case Verdict::low:
      return "low";
    case Verdict::not_judged:
      return "not-judged";
    case Verdict::no_ceiling:
      break;
  }
  return "no-ceiling";
}

const char* name(Counts value) {
  switch (value) {
    case Counts::one_way:
      return "one-way";
    case Counts::traffic:
      return "traffic";
    case Counts::algbw:
      return "algbw";
    case Counts::busbw:
      return "busbw";
    case Counts::none:
      break;
  }
  return "none";
}

const char* name(Outcome value) {
  switch (value) {
    case Outcome::met:
      return "met";
    case Outcome::not_met:
      return "not-met";
    case Outcome::cannot_tell:
      break;
  }
  return "cannot-tell";
}

const char* name(Weights value) {
  switch (value) {
    case Weights::fp16:
      return "fp16";
    case Weights::fp8:
      return "fp8";
    case Weights::int4:
      break;
  }
  return "int4";
}

const char* name(Fits value) {
  switch (value) {
    case Fits::yes:
      return "yes";
    case Fits::no:
      return "no";
    case Fits::unknown:
      break;
  }
  return "unknown";
}

const char* name(Parallel value) { return value == Parallel::tensor ? "tensor" : "pipeline"; }

const char* name(Step value) { return value == Step::decode ? "decode" : "prefill"; }

const char* name(LinkWay value) {
  switch (value) {
    case LinkWay::peer:
      return "peer";
    case LinkWay::staged:
      return "staged";
    case LinkWay::nccl:
      break;
  }
  return "nccl";
}

const char* name(Answer value) {
  switch (value) {
    case Answer::corrupt:
      return "corrupt";
    case Answer::hang:
      return "hang";
    case Answer::no_gpu:
      return "no-gpu";
    case Answer::degraded:
      return "degraded";
    case Answer::low:
      return "low";
    case Answer::one_pool:
      return "one-pool";
    case Answer::one_gpu:
      return "one-gpu";
    case Answer::no_direct_link:
      return "no-direct-link";
    case Answer::good:
      return "good";
    case Answer::unknown:
      break;
  }
  return "unknown";
}

const char* name(Join value) {
  switch (value) {
    case Join::nvlink:
      return "nvlink";
    case Join::pcie:
      return "pcie";
    case Join::refused:
      return "refused";
    case Join::staged:
      return "staged";
    case Join::unknown:
      break;
  }
  return "unknown";
}

const char* name(Measured value) {
  switch (value) {
    case Measured::all_reduce:
      return "all-reduce";
    case Measured::gpu_memory:
      return "gpu-memory";
    case Measured::gpu_on_host:
      return "gpu-on-host";
    case Measured::host_memory:
      return "host-memory";
    case Measured::gpu_on_pool:
      return "gpu-on-pool";
    case Measured::cpu_on_pool:
      return "cpu-on-pool";
    case Measured::both_on_pool:
      return "both-on-pool";
    case Measured::host_link:
      break;
  }
  return "host-link";
}

}  // namespace peerbench::result
