// SPDX-License-Identifier: Apache-2.0
// The grammar of cells' names: for each kind of cell a row of parts, which are written and read in
// that order, with slashes between them. A part that may be left out is not there where its fields
// have their defaults.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <span>
#include <utility>

#include "result/cell_key.hpp"

namespace peerbench::result {

namespace {

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What follows `key` in "key123"; nothing where the text does not begin with it.
std::optional<std::string_view> after(std::string_view key, std::string_view text) {
  if (!text.starts_with(key)) return std::nullopt;
  return text.substr(key.size());
}

bool is_gpu(const std::optional<Place>& place) { return place && place->kind == Place::Kind::gpu; }

/// Sets `field` to what was read, when something was.
template <typename T>
bool set(T& field, const std::optional<T>& value) {
  if (value) field = *value;
  return value.has_value();
}
template <typename T>
bool set(std::optional<T>& field, const std::optional<T>& value) {
  if (value) field = value;
  return value.has_value();
}

/// One part of a name.
struct Part {
  const char* what;  ///< for the message about a name that lacks it
  bool optional;
  std::string (*write)(const CellKey&);      ///< empty: left out
  bool (*read)(std::string_view, CellKey&);  ///< false: this is another part
};

std::string pair_of(const CellKey& key, const char* between) {
  return to_string(*key.source) + between + to_string(*key.destination);
}

constexpr Part op{
    "an operation", false, [](const CellKey& key) -> std::string { return to_string(key.op); },
    [](std::string_view text, CellKey& key) { return set(key.op, value_named<Op>(text)); }};
constexpr Part submission{
    "submission", true,
    [](const CellKey& key) -> std::string { return key.op == Op::submission ? "submission" : ""; },
    [](std::string_view text, CellKey& key) {
      if (text != "submission") return false;
      key.op = Op::submission;
      return true;
    }};
constexpr Part kind{
    "push, pull, staged, h2d, d2h or both", false,
    [](const CellKey& key) -> std::string { return to_string(key.kind); },
    [](std::string_view text, CellKey& key) { return set(key.kind, value_named<Kind>(text)); }};
constexpr Part shape{
    "uni, bi or a pattern", false,
    [](const CellKey& key) -> std::string { return to_string(key.shape); },
    [](std::string_view text, CellKey& key) { return set(key.shape, value_named<Shape>(text)); }};
/// "gpu0-gpu1", "host0-gpu1"; "gpu0-all" and "all-gpu0" where one of them is all others.
constexpr Part from_to{"a pair such as gpu0-gpu1", true,
                       [](const CellKey& key) -> std::string {
                         if (!key.source && !key.destination) return "";
                         if (!key.destination) return to_string(*key.source) + "-all";
                         if (!key.source) return "all-" + to_string(*key.destination);
                         return key.source == key.destination ? "" : pair_of(key, "-");
                       },
                       [](std::string_view text, CellKey& key) {
                         const auto dash = text.find('-');
                         if (dash == std::string_view::npos) return false;
                         const auto from = text.substr(0, dash), to = text.substr(dash + 1);
                         const bool from_all = from == "all" || set(key.source, parse_place(from));
                         return from_all && (to == "all" || set(key.destination, parse_place(to)));
                       }};
constexpr Part own{
    "a GPU or a host's memory", true,
    [](const CellKey& key) -> std::string {
      return key.source && key.source == key.destination ? to_string(*key.source) : "";
    },
    [](std::string_view text, CellKey& key) {
      return set(key.source, parse_place(text)) && set(key.destination, parse_place(text));
    }};
constexpr Part gpus{"gpus:0,1", true,
                    [](const CellKey& key) -> std::string {
                      return key.gpus.empty() ? ""
                                              : fmt::format("gpus:{}", fmt::join(key.gpus, ","));
                    },
                    [](std::string_view text, CellKey& key) {
                      auto rest = after("gpus:", text);
                      if (!rest) return false;
                      while (true) {
                        const auto comma = rest->find(',');
                        const auto gpu = number<int>(rest->substr(0, comma));
                        if (!gpu) return false;
                        key.gpus.push_back(*gpu);
                        if (comma == std::string_view::npos) return true;
                        rest->remove_prefix(comma + 1);
                      }
                    }};
constexpr Part memory{
    "a kind of memory", false,
    [](const CellKey& key) -> std::string { return key.memory ? to_string(*key.memory) : ""; },
    [](std::string_view text, CellKey& key) { return set(key.memory, memory_named(text)); }};
/// Of what CPU threads read, where it is not what malloc gives.
constexpr Part drivers_memory{
    "pinned or managed", true,
    [](const CellKey& key) -> std::string {
      return key.memory && key.memory != MemoryKind::pageable ? to_string(*key.memory) : "";
    },
    memory.read};
/// A list in another GPU's memory lies where cudaMalloc puts it.
constexpr Part list_memory{"device or pinned", true,
                           [](const CellKey& key) -> std::string {
                             const bool peers = is_gpu(key.source) && key.source != key.destination;
                             return peers || !key.memory ? "" : to_string(*key.memory);
                           },
                           memory.read};
constexpr Part residency{
    "from-host or touch:cpu", true,
    [](const CellKey& key) -> std::string {
      return key.host_resident ? "from-host" : key.touched_by_cpu ? "touch:cpu" : "";
    },
    [](std::string_view text, CellKey& key) {
      key.host_resident = text == "from-host";
      key.touched_by_cpu = text == "touch:cpu";
      return key.host_resident || key.touched_by_cpu;
    }};
constexpr Part address{
    "by-address", true,
    [](const CellKey& key) -> std::string { return key.by_address ? "by-address" : ""; },
    [](std::string_view text, CellKey& key) { return key.by_address = text == "by-address"; }};
/// Of files written before the host's memory was named by its NUMA node, where the name says host0
/// whatever the node is.
constexpr Part numa_node{"node:1", true, [](const CellKey&) -> std::string { return ""; },
                         [](std::string_view text, CellKey& key) {
                           const auto node = after("node:", text);
                           const auto index = node ? number<int>(*node) : std::nullopt;
                           if (!index) return false;
                           for (auto* place : {&key.source, &key.destination}) {
                             if (*place && (*place)->kind == Place::Kind::host) {
                               (*place)->index = *index;
                             }
                           }
                           return true;
                         }};
constexpr Part workers{"by:host1", true,
                       [](const CellKey& key) -> std::string {
                         return key.workers ? "by:" + to_string(*key.workers) : "";
                       },
                       [](std::string_view text, CellKey& key) {
                         const auto place = after("by:", text);
                         return place && set(key.workers, parse_place(*place));
                       }};
constexpr Part cores{
    "cores:one", true,
    [](const CellKey& key) -> std::string { return key.cores.empty() ? "" : "cores:" + key.cores; },
    [](std::string_view text, CellKey& key) {
      const auto some = after("cores:", text);
      return some && !some->empty() && set(key.cores, std::optional(std::string(*some)));
    }};
constexpr Part threads{"threads:8", false,
                       [](const CellKey& key) -> std::string {
                         return fmt::format("threads:{}", key.threads.value_or(0));
                       },
                       [](std::string_view text, CellKey& key) {
                         const auto count = after("threads:", text);
                         return count && set(key.threads, number<int>(*count));
                       }};
/// A GPU and the memory whose cores read beside it.
constexpr Part gpu_and_host{"a GPU and a host such as gpu0+host0", false,
                            [](const CellKey& key) -> std::string {
                              return fmt::format("gpu{}+{}", key.background->gpu,
                                                 to_string(*key.source));
                            },
                            [](std::string_view text, CellKey& key) {
                              const auto plus = text.find('+');
                              if (plus == std::string_view::npos) return false;
                              const auto gpu = parse_place(text.substr(0, plus));
                              if (!is_gpu(gpu)) return false;
                              key.background = BackgroundLoad{gpu->index, {}};
                              return own.read(text.substr(plus + 1), key);
                            }};
constexpr Part beside{"beside:gpu0", true,
                      [](const CellKey& key) -> std::string {
                        return key.background ? fmt::format("beside:gpu{}", key.background->gpu)
                                              : "";
                      },
                      [](std::string_view text, CellKey& key) {
                        const auto name = after("beside:", text);
                        const auto gpu = name ? parse_place(*name) : std::nullopt;
                        if (!is_gpu(gpu)) return false;
                        key.background = BackgroundLoad{gpu->index, {}};
                        return true;
                      }};
constexpr Part gpu_memory{"gpu-on:device", true,
                          [](const CellKey& key) -> std::string {
                            if (!key.background || !key.background->memory) return "";
                            return fmt::format("gpu-on:{}", to_string(*key.background->memory));
                          },
                          [](std::string_view text, CellKey& key) {
                            const auto word = after("gpu-on:", text);
                            return word && key.background &&
                                   set(key.background->memory, memory_named(*word));
                          }};
constexpr Part dtype{"float or half", false, [](const CellKey& key) { return key.dtype; },
                     [](std::string_view text, CellKey& key) {
                       if (text != "float" && text != "half") return false;
                       key.dtype = text;
                       return true;
                     }};
constexpr Part graph{
    "graph", true,
    [](const CellKey& key) -> std::string { return key.launch == Launch::graph ? "graph" : ""; },
    [](std::string_view text, CellKey& key) {
      if (text != "graph") return false;
      key.launch = Launch::graph;
      return true;
    }};
constexpr Part exchange{
    "whole or parts", true,
    [](const CellKey& key) -> std::string { return key.exchange ? to_string(*key.exchange) : ""; },
    [](std::string_view text, CellKey& key) {
      return set(key.exchange, value_named<Exchange>(text));
    }};
constexpr Part bytes{"bytes:N", false,
                     [](const CellKey& key) { return fmt::format("bytes:{}", key.bytes); },
                     [](std::string_view text, CellKey& key) {
                       const auto count = after("bytes:", text);
                       return count && set(key.bytes, number<Bytes>(*count));
                     }};

constexpr Part between_gpus[] = {kind, shape, from_to, gpus, address, bytes};
constexpr Part with_host[] = {kind, shape, from_to, memory, numa_node, bytes};
constexpr Part by_gpu[] = {op, own, memory, residency, bytes};
constexpr Part by_cpu[] = {op, own, workers, cores, drivers_memory, threads, bytes};
constexpr Part by_both[] = {op, gpu_and_host, gpu_memory, cores, threads, bytes};
constexpr Part small_copy[] = {submission, kind, from_to, bytes};
constexpr Part loads_of_gpu[] = {op, own, from_to, list_memory, bytes};
constexpr Part loads_of_cpu[] = {op,     own,        workers, cores, drivers_memory,
                                 beside, gpu_memory, bytes};
constexpr Part of_nccl[] = {op, gpus, dtype, graph, bytes};
constexpr Part message_by_copies[] = {op, kind, from_to, gpus, exchange, bytes};

/// Names begin with family and engine, which say what follows. "together" stands in an engine's
/// place for GPU and CPU.
struct Form {
  Family family;
  const char* engine;
  std::span<const Part> parts;
};
constexpr const char* together = "together";
constexpr Form forms[] = {
    {Family::peer, "ce", between_gpus},
    {Family::peer, "sm", between_gpus},
    {Family::latency, "ce", small_copy},
    {Family::latency, "sm", loads_of_gpu},
    {Family::latency, "cpu", loads_of_cpu},
    {Family::host, "ce", with_host},
    {Family::host, "sm", with_host},
    {Family::pool, "ce", by_gpu},
    {Family::pool, "sm", by_gpu},
    {Family::pool, "cpu", by_cpu},
    {Family::pool, together, by_both},
    {Family::collective, "nccl", of_nccl},
    {Family::split, "ce", message_by_copies},
    {Family::split, "nccl", of_nccl},
};

const char* engine_word(const CellKey& key) {
  return key.kind == Kind::together ? together : to_string(key.engine);
}

const Form* form_of(std::string_view family, std::string_view engine) {
  for (const Form& form : forms) {
    if (family == to_string(form.family) && engine == form.engine) return &form;
  }
  return nullptr;
}

/// The text up to the next slash, which is taken off.
std::string_view next_part(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto part = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  return part;
}

tl::unexpected<Error> not_understood(std::string_view name, const std::string& why) {
  return fail(
      ErrorKind::usage,
      fmt::format("'{}' is no cell's name: {}; peerbench list --full shows those of this machine",
                  name, why));
}

/// Of loads that wait for each other; by a kernel they come from where its list lies.
void complete_chase(CellKey& key) {
  if (key.engine != Engine::sm) return;
  key.shape = Shape::uni;
  if (!key.local()) key.kind = is_gpu(key.source) ? Kind::pull : Kind::h2d;
}

void complete_latency(CellKey& key) {
  if (key.engine == Engine::cpu) key.threads = 1;
  if (key.engine == Engine::ce) key.shape = Shape::uni;
  if (key.op == Op::chase) complete_chase(key);
  if (key.op == Op::ping_pong) {
    key.kind = Kind::push;
    key.shape = Shape::bi;
  }
  if (key.op == Op::fault) {
    key.shape = Shape::uni;
    key.host_resident = true;
  }
}

/// An exchange of two is both ways between them.
void complete_message(CellKey& key) {
  const Shape between = key.gpus.size() == 2 ? Shape::bi : Shape::all_to_all;
  key.shape = key.op == Op::boundary ? Shape::uni : between;
}

}  // namespace

std::optional<Place> parse_place(std::string_view text) {
  if (text == "hosts") return Place{Place::Kind::all_hosts, 0};
  for (const auto where : {Place::Kind::gpu, Place::Kind::host}) {
    const auto digits = after(where == Place::Kind::gpu ? "gpu" : "host", text);
    const auto index = digits ? number<int>(*digits) : std::nullopt;
    if (index) return Place{where, *index};
  }
  return std::nullopt;
}

CellKey completed(CellKey key) {
  const bool cpu = key.engine == Engine::cpu;
  if (key.engine == Engine::nccl && !key.launch) key.launch = Launch::eager;
  if (!key.memory) key.memory = cpu ? MemoryKind::pageable : MemoryKind::device;
  if (key.kind == Kind::none && key.local()) key.kind = Kind::local;
  if (key.family == Family::latency) complete_latency(key);
  if (key.family == Family::split && key.engine == Engine::ce) complete_message(key);
  return key;
}

std::string to_name(const CellKey& key) {
  std::string name = fmt::format("{}/{}", to_string(key.family), engine_word(key));
  const Form* form = form_of(to_string(key.family), engine_word(key));
  if (form == nullptr) return name;
  for (const Part& part : form->parts) {
    const std::string text = part.write(key);
    if (!text.empty()) name += "/" + text;
  }
  return name;
}

std::string without_size(const std::string& name) { return name.substr(0, name.rfind("/bytes:")); }

Expected<CellKey> parse_name(std::string_view name) {
  std::string_view rest = name;
  const std::string_view family = next_part(rest), engine = next_part(rest);
  const Form* form = form_of(family, engine);
  if (form == nullptr) {
    return not_understood(name, fmt::format("no cells begin with {}/{}", family, engine));
  }
  CellKey key;
  key.family = form->family;
  key.engine = value_named<Engine>(engine).value_or(Engine::cpu);
  if (engine == together) key.kind = Kind::together;
  std::string_view text = next_part(rest);
  for (const Part& part : form->parts) {
    if (!text.empty() && part.read(text, key)) {
      text = next_part(rest);
    } else if (!part.optional) {
      return not_understood(name, text.empty() ? fmt::format("{} is missing", part.what)
                                               : fmt::format("'{}' is not {}", text, part.what));
    }
  }
  if (!text.empty()) return not_understood(name, fmt::format("'{}' is one part too many", text));
  return completed(std::move(key));
}

}  // namespace peerbench::result
