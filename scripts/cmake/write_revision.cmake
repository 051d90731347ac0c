# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT with the revision of the checkout in SOURCE, and touches it only when that has changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --exclude=*
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#pragma once
namespace peerbench::cli {
/// Git revision of the checkout it was built from; empty outside a checkout.
inline constexpr const char* revision = "@revision@";
}  // namespace peerbench::cli
]] @ONLY)
