// SPDX-License-Identifier: Apache-2.0
// Keeps what identifies a machine or a person out of documents that get posted in public.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace peerbench::result {

/// UUIDs of GPUs and slices ("GPU-1b2c...", as they also stand in CUDA_VISIBLE_DEVICES, abbreviated
/// or not) become "GPU-(left out)", NAME@HOST becomes "(left out)", and of the kernel's version
/// text only the release stays.
std::string without_identities(std::string text);

/// The same in every text of `document`.
void leave_out_identities(nlohmann::ordered_json& document);

}  // namespace peerbench::result
