// SPDX-License-Identifier: Apache-2.0
// Operations that a program makes itself: sums of what each rank has multiplied before.
#include <cstring>
#include <memory>
#include <utility>

#include "sim/nccl/clique.hpp"
#include "sim/nccl/elements.hpp"

using namespace gpusim;

extern "C" {

ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t* operation, void* scalar, ncclDataType_t type,
                                      ncclScalarResidence_t residence, ncclComm_t comm) {
  return call([&](SimulatedMachine& machine) {
    if (!is_known(comm) || operation == nullptr || scalar == nullptr || element_bytes(type) == 0) {
      return complain(nullptr, ncclInvalidArgument, "ncclRedOpCreatePreMulSum: a wrong argument");
    }
    Scalar made;
    made.type = type;
    made.on_device = residence == ncclScalarDevice;
    if (made.on_device) {
      made.location = machine.memory().find(scalar);
      if (!made.location.allocation || made.location.room() < element_bytes(type)) {
        return complain(comm, ncclInvalidArgument, "the scalar is not memory of CUDA");
      }
    } else {
      std::memcpy(made.value.data(), scalar, element_bytes(type));
    }
    const int handle = ncclNumOps + comm->operations_made++;
    comm->operations[handle] = std::make_shared<const Scalar>(std::move(made));
    *operation = static_cast<ncclRedOp_t>(handle);
    return ncclSuccess;
  });
}

ncclResult_t ncclRedOpDestroy(ncclRedOp_t operation, ncclComm_t comm) {
  return call([&](SimulatedMachine&) {
    if (!is_known(comm) || comm->operations.erase(operation) == 0) {
      return complain(nullptr, ncclInvalidArgument, "ncclRedOpDestroy: no such operation");
    }
    return ncclSuccess;
  });
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclRedOpCreatePreMulSum)
PEERBENCH_NCCL_ALIAS(ncclRedOpDestroy)
