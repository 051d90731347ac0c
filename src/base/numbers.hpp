// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them, each format in one place. What was not measured is "-", never 0.
#pragma once

#include <optional>
#include <string>

namespace peerbench {

/// Three significant digits: "51.0", "830", "0.512"; whole numbers from 1000 on: "3350".
std::string format_rate(std::optional<double> rate);

/// A duration given in us: "8.91 us", "5.27 ms".
std::string format_us(std::optional<double> us);

/// A duration that is roughly known, given in seconds: "under 1 s", "8 s", "50 s", "4 min", "2.5
/// h".
std::string format_duration(double seconds);

/// A rate that was worked out and not measured has a digit more: "56.25", "478.1", "300".
std::string format_precise(double rate);

/// "50.84-51.12" from two rates; a digit more, else a narrow range would say "51.0-51.0".
std::string format_range(std::optional<double> low, std::optional<double> high);

/// A share of one as a percentage: "91 %".
std::string format_share(std::optional<double> share);

/// A coefficient of variation: "0.4 %", "<0.1 %", "12 %".
std::string format_cv(std::optional<double> cv);

/// "4.5x": how many times `rate` is of `base`; "-" when either is not known or base is 0.
std::string format_ratio(std::optional<double> rate, std::optional<double> base);

}  // namespace peerbench
