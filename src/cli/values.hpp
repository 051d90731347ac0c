// SPDX-License-Identifier: Apache-2.0
// Readers of what options are given. Each refuses by the option's name and shows how it is written.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "measure/runner.hpp"
#include "report/view.hpp"
#include "result/estimate.hpp"

namespace peerbench::cli {

/// "0.5%", "0.005" -> 0.005; must lie above 0 and below 1.
Expected<double> parse_precision(const std::string& text);

/// "5%", "0.05", "0%" -> 0.05, 0; below 1.
Expected<double> parse_max_drop(const std::string& text);

/// "2s", "500ms", "1.5", "2min" -> seconds, above 0.
Expected<double> parse_budget(const std::string& text);

/// The same with hours, "8h", for --soak.
Expected<double> parse_soak(const std::string& text);

/// The same, for --time-limit.
Expected<double> parse_time_limit(const std::string& text);

/// When pages have colours.
enum class Color { automatic, always, never };

/// "auto", "always", "never".
Expected<Color> parse_color(const std::string& text);

/// "fp16", "int4", "Q4_K_M".
Expected<result::Weights> parse_weights(const std::string& text);

/// "fp16", "fp8", "q8_0".
Expected<result::CacheType> parse_cache(const std::string& text);

/// "8192", "128k" (x 1024) -> a whole number above 0; `option` names it in the message.
Expected<int> parse_count(const char* option, const std::string& text);

/// "off", or the gate's time-out in milliseconds.
Expected<measure::RunnerLimits> parse_gate(const std::string& text);

/// "4KiB,1MiB" or "4KiB..1MiB" (doubling) -> bytes, in the order given.
Expected<std::vector<Bytes>> parse_sizes(const std::string& text);

/// "yes", "no".
Expected<bool> parse_keep(const std::string& text);

/// "peer,latency" -> tables that a page shows.
Expected<std::vector<report::TableGroup>> parse_sections(const std::string& text);

}  // namespace peerbench::cli
