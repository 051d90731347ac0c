// SPDX-License-Identifier: Apache-2.0
// Errors are values with a reason until cli/ turns them into a sentence and an exit code.
// Expected<T> is tl::expected (std::expected needs C++23); nothing below cli/ throws or exits.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace peerbench {

/// What kind of thing went wrong; cli/ maps it to an exit code (design section 6).
enum class ErrorKind {
  usage,        ///< the caller asked for something that does not exist or is malformed (exit 64)
  io,           ///< a file could not be read or written (exit 74)
  unsupported,  ///< this machine cannot do it
  device,       ///< a CUDA, NVML, NCCL or operating system call failed
  hang,         ///< something did not finish within its time limit (exit 3)
  interrupted,  ///< a signal asked the program to end (exit 130)
  internal,     ///< a bug in peerbench (exit 70)
};

/// A failure with a sentence a person can act on: what is wrong, where, what to do next.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  /// What CUDA or NCCL calls it, "cudaErrorMapBufferObjectFailed"; empty where no call of theirs
  /// failed.
  std::string code = {};
};

template <typename T>
using Expected = tl::expected<T, Error>;

/// Shorthand for returning a failure: `return fail(ErrorKind::io, "...")`.
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string code = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(code)});
}

}  // namespace peerbench
