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

}  // namespace peerbench::result
