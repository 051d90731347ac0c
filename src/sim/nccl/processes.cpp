// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/processes.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

namespace gpusim {
namespace {

using Bytes = std::array<char, NCCL_UNIQUE_ID_BYTES>;

/// Of the process that made an id, behind the number with which each id begins.
constexpr std::size_t place_of_maker = 8;

std::int64_t maker(const ncclUniqueId& id) {
  std::int64_t process = 0;
  std::memcpy(&process, id.internal + place_of_maker, sizeof process);
  return process;
}

/// A name of Linux' abstract sockets, which leaves no file.
socklen_t address_of(std::int64_t process, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  const std::string name = "peerbench-nccl-" + std::to_string(process);
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

int new_socket() { return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

/// On which this process hears of refusals; -1 where the system gives none, so that a rank that
/// waits for one elsewhere waits for ever, as it would for one that never starts.
int hearing() {
  static const int bound = [] {
    sockaddr_un address;
    const socklen_t length = address_of(getpid(), address);
    const int made = new_socket();
    if (made >= 0 && bind(made, reinterpret_cast<sockaddr*>(&address), length) == 0) return made;
    if (made >= 0) close(made);
    return -1;
  }();
  return bound;
}

void complain_of_processes() {
  static bool said = false;
  if (!said) {
    std::fputs(
        "peerbench simulator: ranks of one NCCL communicator are in several processes, which is "
        "not simulated: start all of them in one process\n",
        stderr);
  }
  said = true;
}

}  // namespace

void sign(ncclUniqueId& id) {
  const std::int64_t process = getpid();
  std::memcpy(id.internal + place_of_maker, &process, sizeof process);
  hearing();
}

bool check_own(const ncclUniqueId& id) {
  if (maker(id) == getpid()) return true;
  complain_of_processes();
  sockaddr_un address;
  const socklen_t length = address_of(maker(id), address);
  const int made = new_socket();
  if (made < 0) return false;
  // Nobody to hear it: then nobody waits either.
  (void)sendto(made, id.internal, sizeof id.internal, 0, reinterpret_cast<sockaddr*>(&address),
               length);
  close(made);
  return false;
}

bool refused_elsewhere(const ncclUniqueId& id) {
  static std::set<Bytes> refused;
  Bytes bytes;
  while (hearing() >= 0 &&
         recv(hearing(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
    refused.insert(bytes);
  }
  std::memcpy(bytes.data(), id.internal, bytes.size());
  if (!refused.contains(bytes)) return false;
  complain_of_processes();
  return true;
}

}  // namespace gpusim
