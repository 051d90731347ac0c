#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

void add(std::set<int>& gpus, const measure::Transfer& transfer) {
  for (const measure::Place& place : {transfer.source, transfer.destination, transfer.issuer}) {
    if (place.kind == measure::Place::Kind::gpu) gpus.insert(place.index);
  }
}

}  // namespace

std::set<int> Spec::gpus() const {
  std::set<int> gpus;
  for (const measure::Transfer& transfer : plan.transfers) add(gpus, transfer);
  if (beside) add(gpus, *beside);
  if (collective) gpus.insert(collective->gpus.begin(), collective->gpus.end());
  if (host && host->driver_memory) gpus.insert(host->gpu);
  if (chain && chain->driver_memory) gpus.insert(chain->gpu);
  return gpus;
}

}  // namespace peerbench::bench
