// SPDX-License-Identifier: Apache-2.0
#include "sample_runs.hpp"
#include "sample_cells.hpp"

#include <fmt/format.h>

#include "sample_machines.hpp"

namespace peerbench::result {
namespace {

using machine::Class;

Signal yes(const std::string& raw) { return {Tri::yes, raw}; }
Signal no(const std::string& raw) { return {Tri::no, raw}; }

/// Five samples around `rate`, and what statistics say of them.
void measure(Cell& cell, double rate) {
  cell.status = Status::ok;
  cell.reason = "the 95 % interval of the median is within 1 %";
  cell.stop = "precision";
  cell.samples = {rate, rate * 0.998, rate * 1.002, rate * 0.999, rate * 1.001};
  cell.n = 5;
  cell.median = rate;
  cell.min = rate * 0.998;
  cell.max = rate * 1.002;
  cell.p05 = rate * 0.9982;
  cell.p95 = rate * 1.0018;
  cell.cv = 0.0016;
  cell.verified = true;
}

Run new_run(Class machine_class, const std::string& reason) {
  Run run;
  run.tool = {"peerbench", "0.1.0", "0123456789ab"};
  run.started = "2026-01-31T12:00:00Z";
  run.machine.machine_class = machine_class;
  run.machine.reason = reason;
  run.settings.budget_seconds = 5;
  return run;
}

void add_host(Run& run, const std::string& description, int cores, Bytes total, Bytes cache) {
  machine::Pool pool;
  pool.id = "host0";
  pool.total_bytes = total;
  pool.available_bytes = total / 2;
  pool.description = description;
  pool.numa_node = 0;
  pool.cores = cores;
  pool.largest_cache_bytes = cache;
  run.machine.pools.push_back(pool);
}

void add_driver(Run& run) {
  run.machine.driver_version = "580.95.05";
  run.machine.driver_cuda_version = 13000;
  run.machine.runtime_version = 13000;
}

}  // namespace

Cell peer_cell(const std::string& kind, const std::string& direction, const std::string& src,
               const std::string& dst, double rate) {
  Cell cell;
  rename(cell, fmt::format("peer/ce/{}/{}/{}-{}/bytes:268435456", kind, direction, src, dst));
  cell.counts = Counts::one_way;
  cell.counting_rule = "one-way bytes over the common window";
  measure(cell, rate);
  if (direction == "bi") {
    cell.flows = {{src, dst, kind == "pull" ? dst : src, rate * 0.501},
                  {dst, src, kind == "pull" ? src : dst, rate * 0.5}};
  }
  return cell;
}

Cell pool_cell(const std::string& op, const std::string& place, int threads, double rate) {
  Cell cell;
  const bool gpu = place.starts_with("gpu");
  rename(cell, gpu ? fmt::format("pool/ce/{}/{}/device/bytes:1073741824", op, place)
                   : fmt::format("pool/cpu/{}/{}/threads:{}/bytes:536870912", op, place, threads));
  if (!gpu) cell.first_touch = "the thread that uses the page";
  cell.counts = Counts::traffic;
  cell.counting_rule = op == "triad"   ? "2 arrays read + 1 written"
                       : op == "copy"  ? "bytes read + written"
                       : op == "write" ? "bytes written"
                                       : "bytes read";
  measure(cell, rate);
  return cell;
}

Cell unmeasured(Cell cell, Status status, const std::string& reason) {
  cell.status = status;
  cell.reason = reason;
  cell.median = cell.min = cell.max = cell.p05 = cell.p95 = cell.cv = cell.efficiency = {};
  cell.n = 0;
  cell.stop.clear();
  cell.samples.clear();
  cell.flows.clear();
  cell.ceiling.reset();
  cell.band.reset();
  cell.verdict = Verdict::no_ceiling;
  cell.verdict_reason.clear();
  cell.verified.reset();
  return cell;
}

void add_gpus(Run& run, int count, const std::string& model) {
  for (int i = 0; i < count; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.model = model;
    gpu.pci_bus_id = fmt::format("0000:{:02x}:00.0", 1 + i);
    gpu.uuid = fmt::format("GPU-00000000-0000-4000-8000-{:012d}", i);
    gpu.compute_major = 8;
    gpu.compute_minor = 6;
    gpu.multiprocessors = 82;
    gpu.memory_bytes = 24 * GiB;
    gpu.free_bytes = 23 * GiB;
    gpu.l2_bytes = 6 * MiB;
    gpu.copy_engines = 2;
    gpu.integrated = no("0");
    gpu.pageable_access = no("0");
    gpu.host_page_tables = no("0");
    gpu.concurrent_managed = yes("1");
    gpu.managed = yes("1");
    run.machine.gpus.push_back(gpu);
    for (int j = 0; j < count; ++j) {
      if (i == j) continue;
      machine::PeerLink link;
      link.from = i;
      link.to = j;
      link.can_access = yes("1");
      link.nvlink = yes("4 links up");
      link.links_up = link.links_present = 4;
      link.raw_gbs_per_link = 14.0625;
      link.nvlink_version = "3.1";
      run.machine.links.push_back(link);
    }
  }
}

Run dual_rtx3090_nvlink() {
  Run run = new_run(Class::discrete_nvlink, "4 NVLinks of gpu0 lead to gpu1 and are up");
  add_driver(run);
  add_gpus(run, 2, "NVIDIA GeForce RTX 3090");
  join(run, 4, 14.0625, "3.1");
  seat(run, {4, 16}, {4, 16}, true);
  for (auto& gpu : run.machine.gpus) {
    gpu.bar1_bytes = 256 * MiB;
    gpu.numa_node = 0;
    gpu.cpus = "0-31";
  }
  run.machine.iommu = no("no groups");
  add_host(run, "host memory, NUMA node 0, 16 cores, 64 MiB L3", 16, 128 * GiB, 64 * MiB);
  run.machine.evidence = {
      {"nvmlDeviceGetNvLinkState(gpu0, 0..3)", "enabled", "4 links of gpu0 are up"},
      {"nvmlDeviceGetNvLinkRemotePciInfo(gpu0, 0)", "0000:02:00.0", "the other end is gpu1"},
      {"cudaDeviceCanAccessPeer(gpu0, gpu1)", "1", "peer access can be enabled"}};
  const Reference ceiling{56.25, "4 links x 14.0625 GB/s, as the driver reports"};
  const auto linked = [&](Cell cell) {
    const double times = cell.direction == "bi" ? 2 : 1;
    cell.ceiling = Reference{ceiling.value * times, ceiling.source};
    cell.efficiency = *cell.median / cell.ceiling->value;
    cell.verdict = Verdict::good;
    cell.verdict_reason = "at least 85 % of the link's rate";
    return cell;
  };
  for (const auto& [src, dst] : {std::pair{"gpu0", "gpu1"}, std::pair{"gpu1", "gpu0"}}) {
    run.cells.push_back(linked(peer_cell("push", "uni", src, dst, 51.02)));
    run.cells.push_back(linked(peer_cell("pull", "uni", src, dst, 50.87)));
    run.cells.push_back(peer_cell("staged", "uni", src, dst, 11.29));
  }
  run.cells.push_back(linked(peer_cell("push", "bi", "gpu0", "gpu1", 102.05)));
  run.cells.push_back(linked(peer_cell("pull", "bi", "gpu0", "gpu1", 101.4)));
  run.cells.push_back(peer_cell("staged", "bi", "gpu0", "gpu1", 16.74));
  run.cells.push_back(pool_cell("copy", "gpu0", 0, 829.35));
  run.cells.push_back(pool_cell("copy", "gpu1", 0, 830.63));
  run.cells.push_back(pool_cell("copy", "host0", 16, 61.2));
  run.cells.push_back(pool_cell("triad", "host0", 16, 60.4));
  return run;
}

Run dual_rtx4090() {
  Run run = new_run(Class::discrete_pcie, "2 GPUs without NVLink; the driver refuses peer access");
  run.simulated = Simulated{"dual-rtx4090"};
  add_driver(run);
  add_gpus(run, 2, "NVIDIA GeForce RTX 4090");
  seat(run, {4, 16}, {5, 16}, true);
  unjoin(run, 0, 1, machine::PciTopologyLevel::phb, "GNS");
  for (auto& gpu : run.machine.gpus) gpu.nvlinks_up = gpu.nvlinks_present = 0;
  add_host(run, "host memory, NUMA node 0, 32 cores, 128 MiB L3", 32, 256 * GiB, 128 * MiB);
  run.machine.evidence = {{"cudaDeviceCanAccessPeer(gpu0, gpu1)", "0", "peer access is refused"}};
  const std::string reason =
      "the driver refuses peer access between these GPUs (cudaDeviceCanAccessPeer = 0)";
  for (const char* direction : {"uni", "bi"}) {
    const bool both = std::string(direction) == "bi";
    for (const auto& [src, dst] : {std::pair{"gpu0", "gpu1"}, std::pair{"gpu1", "gpu0"}}) {
      if (both && std::string(src) == "gpu1") continue;
      for (const char* kind : {"push", "pull"}) {
        run.cells.push_back(
            unmeasured(peer_cell(kind, direction, src, dst, 1), Status::unsupported, reason));
      }
      run.cells.push_back(peer_cell("staged", direction, src, dst, both ? 30.86 : 22.04));
    }
  }
  run.cells.push_back(pool_cell("copy", "gpu0", 0, 913.74));
  run.cells.push_back(pool_cell("copy", "gpu1", 0, 921.88));
  return run;
}

Run dgx_spark() {
  Run run = new_run(Class::unified_pool,
                    "the one GPU is integrated and uses the host's page "
                    "tables: CPU and GPU share one memory");
  run.simulated = Simulated{"dgx-spark"};
  add_driver(run);
  add_gpus(run, 1, "NVIDIA GB10");
  auto& gpu = run.machine.gpus.front();
  gpu.pci_bus_id = "000f:01:00.0";
  gpu.compute_major = 12;
  gpu.compute_minor = 1;
  gpu.multiprocessors = 48;
  gpu.l2_bytes = 24 * MiB;
  gpu.memory_bytes = 128520671232;
  gpu.integrated = gpu.pageable_access = gpu.host_page_tables = yes("1");
  gpu.nvlinks_up = gpu.nvlinks_present = 0;
  gpu.c2c_links = 8;
  gpu.c2c_ceiling = machine::Ceiling{
      345, "8 links x 43.125 GB/s", "rate of a link as the driver reports it", {}, ""};
  add_host(run, "LPDDR5X shared by CPU and GPU, 20 cores, 24 MiB L3", 20, 128520671232, 24 * MiB);
  run.machine.pools.front().ceiling =
      machine::Ceiling{273.1, "256 bits x 8533 MT/s / 8", "vendor's data sheet", {}, ""};
  run.machine.proof = {
      {"cudaGetDeviceCount", "1", "no ordered pair exists"},
      {"nvmlDeviceGetCount", "1", "nothing is hidden by CUDA_VISIBLE_DEVICES (not set)"},
      {"NVLinks", "0 up, 0 present", "none leads to another GPU"},
      {"NVLink-C2C", "8 links x 43125 MB/s", "joins CPU and GPU inside the package, no peer"}};
  run.machine.proof_verdict = "peer link: none (confirmed by 1, 2, 3); pool: one (confirmed by 4)";
  run.machine.evidence = {
      {"visible CUDA devices", "1", "a GPU-to-GPU link needs two"},
      {"NVML: NVLinks up that lead to another GPU", "0", "no peer (GPU-to-GPU) NVLink"},
      {"NVML: NVLink-C2C links", "8 x 43.125 GB/s",
       "joins CPU and GPU inside the package; not a peer link"}};
  const auto of_pool = [](Cell cell) {
    cell.ceiling = Reference{273, "256-bit LPDDR5X-8533, vendor's data sheet"};
    cell.efficiency = *cell.median / 273;
    cell.verdict = Verdict::good;
    return cell;
  };
  run.cells.push_back(of_pool(pool_cell("copy", "gpu0", 0, 214.5)));
  run.cells.push_back(of_pool(pool_cell("read", "host0", 20, 187)));
  run.cells.push_back(of_pool(pool_cell("copy", "host0", 20, 171.8)));
  return run;
}

Run no_gpu() {
  Run run = new_run(Class::no_gpu, "no NVIDIA driver and no NVIDIA device was found");
  add_host(run, "host memory, NUMA node 0, 2 cores, 32 MiB L3", 2, 24 * GiB, 32 * MiB);
  run.machine.evidence = {{"cudaGetDeviceCount", "cudaErrorInsufficientDriver", "no driver"},
                          {"libnvidia-ml.so.1", "not found", "no driver is installed"}};
  run.machine.advice = {
      "No NVIDIA driver: install one from your distribution (Debian, Ubuntu: the package "
      "nvidia-driver), then restart and check with nvidia-smi.",
      "In a container: start it with --gpus all (Docker) and the NVIDIA Container Toolkit."};
  run.cells.push_back(pool_cell("read", "host0", 2, 24.31));
  run.cells.push_back(pool_cell("write", "host0", 2, 17.04));
  run.cells.push_back(pool_cell("copy", "host0", 2, 19.55));
  run.cells.push_back(pool_cell("triad", "host0", 2, 20.02));
  return run;
}

std::vector<Sample> samples() {
  return {{"dual-rtx3090-nvlink", dual_rtx3090_nvlink()},
          {"dual-rtx4090", dual_rtx4090()},
          {"dgx-spark", dgx_spark()},
          {"no-gpu", no_gpu()}};
}

}  // namespace peerbench::result
