// SPDX-License-Identifier: Apache-2.0
// What a model split across the GPUs of a measured machine would cost on their links: bytes and
// messages by formula, durations from the run's own cells, never from a datasheet. Formulas and
// what they leave out: README.md beside this file.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "result/estimate.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

struct EstimateRequest {
  result::Model model;
  std::optional<int> cards;  ///< none: all of the result's
  result::Weights weights = result::Weights::fp16;
  result::CacheType cache = result::CacheType::fp16;
  int context = 4096;  ///< tokens of each sequence
  int batch = 1;       ///< sequences at once
};

/// Bits that one weight takes. fp16 and fp8 as they say; int4: 4 bits and an 8-bit scale for 32
/// weights, as in MXFP4 (OCP Microscaling Formats 1.0); groups of 128 (GPTQ, AWQ) take 4.13
/// to 4.25. llama.cpp's: q8_0 and q6_k by the blocks of ggml (32 weights of 8 bits and a scale of
/// 16; 210 bytes for 256 weights), q5_k_m and q4_k_m, which mix blocks, as the README of its
/// quantize tool states them for Llama 2 7B.
double bits_per_weight(result::Weights weights);

/// Bits of one element of the cache: q8_0 has a scale of 16 bits for 32 elements.
double bits_per_element(result::CacheType cache);

/// Share of a GPU's memory that weights and cache may take; the rest is for the CUDA context,
/// activations and NCCL's buffers. vLLM's default (gpu_memory_utilization).
inline constexpr double usable_share = 0.9;

/// Tokens that one step of the prompt carries: what serving engines cut prompts into by default
/// (vLLM's max_num_batched_tokens with chunked prefill), at most the context.
inline constexpr int prefill_chunk = 2048;

/// The tokens of the prompt's steps.
int prefill_tokens(const EstimateRequest& request);

/// Elements of keys and values that one sequence of `context` tokens keeps.
double kv_elements(const result::Model& model, int context);

/// Bytes of all weights. The tables of the vocabulary keep 16 bits however the rest is quantised,
/// but in llama.cpp's kinds, which count them.
double weight_bytes(const result::Model& model, result::Weights weights);

/// Bytes of weights that one step of `batch` tokens reads: all but the table of what goes in, and
/// of experts those that one of the tokens is sent to, were they chosen at random.
double weight_bytes_read(const result::Model& model, result::Weights weights, int batch);

/// Whether the machine has a GPU, and of those that `settings` leave in as many as are asked for.
/// Usage errors name the result's `file`; where that is empty it is this machine, and having no GPU
/// is ErrorKind::unsupported.
Expected<void> can_estimate(const machine::Machine& machine, const result::Settings& settings,
                            const EstimateRequest& request, const std::string& file);

/// The estimate for one machine, with the errors of can_estimate(); `file` is the result's path, of
/// which the name is kept.
Expected<result::Estimate> estimate(const result::Run& run, const EstimateRequest& request,
                                    const std::string& file);

}  // namespace peerbench::judge
