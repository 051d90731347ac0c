// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "report/cells.hpp"
#include "report/csv_text.hpp"
#include "report/exporters.hpp"

namespace peerbench::report {
namespace {

using result::Cell;

std::string value(const std::string& text) { return csv_field(text); }
std::string value(const char* text) { return csv_field(text); }
std::string value(int number) { return std::to_string(number); }
std::string value(double number) { return fmt::format("{}", number); }
template <typename T>
std::string value(const std::optional<T>& number) {
  return number ? fmt::format("{}", *number) : "";
}
template <typename T>
std::string word(const std::optional<T>& value) {
  return value ? to_string(*value) : "";
}
std::string flag(bool set) { return set ? "true" : ""; }
template <typename T>
auto member(const auto& optional, T pointer) {
  return optional ? value((*optional).*pointer) : std::string();
}

/// The fixed list of columns: scripts may count on the order, new ones are added at the end.
struct Field {
  const char* heading;
  std::string (*of)(const Cell& cell);
};

constexpr Field fields[] = {
    {"name", [](const Cell& c) { return value(c.name); }},
    {"family", [](const Cell& c) { return value(c.family); }},
    {"engine", [](const Cell& c) { return value(c.engine); }},
    {"status", [](const Cell& c) { return value(name(c.status)); }},
    {"reason", [](const Cell& c) { return value(c.reason); }},
    {"op", [](const Cell& c) { return value(c.op); }},
    {"issuer", [](const Cell& c) { return value(c.issuer); }},
    {"src", [](const Cell& c) { return value(c.src); }},
    {"dst", [](const Cell& c) { return value(c.dst); }},
    {"kind", [](const Cell& c) { return value(c.kind); }},
    {"direction", [](const Cell& c) { return value(c.direction); }},
    {"peer_access", [](const Cell& c) { return value(c.peer_access); }},
    {"memory", [](const Cell& c) { return value(c.memory); }},
    {"first_touch", [](const Cell& c) { return value(c.first_touch); }},
    {"cores", [](const Cell& c) { return value(c.cores); }},
    {"threads", [](const Cell& c) { return value(c.threads); }},
    {"ranks", [](const Cell& c) { return value(c.ranks); }},
    {"dtype", [](const Cell& c) { return value(c.dtype); }},
    {"bytes", [](const Cell& c) { return value(c.bytes); }},
    {"counts", [](const Cell& c) { return value(name(c.counts)); }},
    {"counting_rule", [](const Cell& c) { return value(c.counting_rule); }},
    {"unit", [](const Cell& c) { return value(c.unit); }},
    {"median", [](const Cell& c) { return value(c.median); }},
    {"min", [](const Cell& c) { return value(c.min); }},
    {"max", [](const Cell& c) { return value(c.max); }},
    {"p05", [](const Cell& c) { return value(c.p05); }},
    {"p95", [](const Cell& c) { return value(c.p95); }},
    {"cv", [](const Cell& c) { return value(c.cv); }},
    {"n", [](const Cell& c) { return value(c.n); }},
    {"stop", [](const Cell& c) { return value(c.stop); }},
    {"settled", [](const Cell& c) { return value(c.settled); }},
    {"ceiling", [](const Cell& c) { return member(c.ceiling, &result::Reference::value); }},
    {"ceiling_source", [](const Cell& c) { return member(c.ceiling, &result::Reference::source); }},
    {"band_low", [](const Cell& c) { return member(c.band, &result::Band::low); }},
    {"band_high", [](const Cell& c) { return member(c.band, &result::Band::high); }},
    {"band_source", [](const Cell& c) { return member(c.band, &result::Band::source); }},
    {"efficiency", [](const Cell& c) { return value(c.efficiency); }},
    {"verdict",
     [](const Cell& c) { return value(c.status == result::Status::ok ? name(c.verdict) : ""); }},
    {"verdict_reason", [](const Cell& c) { return value(c.verdict_reason); }},
    {"wire", [](const Cell& c) { return value(c.wire); }},
    {"transport", [](const Cell& c) { return value(c.transport); }},
    {"verified", [](const Cell& c) { return value(c.verified); }},
    {"launch", [](const Cell& c) { return word(c.key.launch); }},
    {"exchange", [](const Cell& c) { return word(c.key.exchange); }},
    {"by_address", [](const Cell& c) { return flag(c.key.by_address); }},
    {"host_resident", [](const Cell& c) { return flag(c.key.host_resident); }},
    {"numa_node", [](const Cell& c) { return value(c.key.numa_node); }},
    {"background", [](const Cell& c) { return value(background_words(c)); }},
};

}  // namespace

std::string to_csv(const result::Run& run) {
  // A row can be copied out of its file, so each says whether its machine was a simulated one.
  std::string out = "simulated";
  for (const Field& field : fields) out += fmt::format(",{}", field.heading);
  out += "\r\n";
  for (const Cell& cell : run.cells) {
    out += csv_field(run.simulated ? "SIMULATED " + run.simulated->machine : "");
    for (const Field& field : fields) out += ',' + field.of(cell);
    out += "\r\n";
  }
  return out;
}

}  // namespace peerbench::report
