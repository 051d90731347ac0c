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

}  // namespace peerbench::result
