#include "base/checked.hpp"

#include <fmt/format.h>

#include <string_view>

namespace peerbench {

Expected<void> check_cuda(cudaError_t code, const char* expression, std::source_location place) {
  if (code == cudaSuccess) return {};
  cudaGetLastError();
  std::string_view file = place.file_name();
  file = file.substr(file.find_last_of('/') + 1);
  return fail(ErrorKind::device,
              fmt::format("{}: {} ({}) at {}:{}", expression, cudaGetErrorName(code),
                          cudaGetErrorString(code), file, place.line()));
}

}  // namespace peerbench
