// SPDX-License-Identifier: Apache-2.0
// What a split model would cost on a measured machine: estimates made of measured cells, with
// everything that they were made of. judge/estimate.hpp makes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "result/model.hpp"
#include "result/words.hpp"

namespace peerbench::result {

enum class Weights { fp16, fp8, int4, q8_0, q6_k, q5_k_m, q4_k_m };
template <>
inline constexpr auto vocabulary<Weights> =
    std::to_array<Word<Weights>>({{Weights::fp16, "fp16"},
                                  {Weights::fp8, "fp8"},
                                  {Weights::int4, "int4"},
                                  {Weights::q8_0, "q8_0"},
                                  {Weights::q6_k, "q6_k"},
                                  {Weights::q5_k_m, "q5_k_m"},
                                  {Weights::q4_k_m, "q4_k_m"}});

/// One element of keys and values.
enum class CacheType { fp16, fp8, q8_0 };
template <>
inline constexpr auto vocabulary<CacheType> = std::to_array<Word<CacheType>>(
    {{CacheType::fp16, "fp16"}, {CacheType::fp8, "fp8"}, {CacheType::q8_0, "q8_0"}});

enum class Fits { yes, no, unknown };
template <>
inline constexpr auto vocabulary<Fits> =
    std::to_array<Word<Fits>>({{Fits::yes, "yes"}, {Fits::no, "no"}, {Fits::unknown, "unknown"}});

enum class Parallel { tensor, pipeline };
template <>
inline constexpr auto vocabulary<Parallel> =
    std::to_array<Word<Parallel>>({{Parallel::tensor, "tensor"}, {Parallel::pipeline, "pipeline"}});

enum class Step { decode, prefill };
template <>
inline constexpr auto vocabulary<Step> = std::to_array<Word<Step>>({{Step::decode, "decode"},
                                                                    {Step::prefill, "prefill"}});

/// Where the bytes of a split model may cross.
enum class LinkWay { peer, staged, nccl };
template <>
inline constexpr auto vocabulary<LinkWay> = std::to_array<Word<LinkWay>>(
    {{LinkWay::peer, "peer"}, {LinkWay::staged, "staged"}, {LinkWay::nccl, "nccl"}});

/// What one GPU has of a model that is split by layers.
struct LayerShare {
  int gpu = 0;             ///< ordinal
  int layers = 0;          ///< in proportion to the memory that may be taken
  Bytes need_bytes = 0;    ///< their weights and cache, each layer as large as the average
  Bytes memory_bytes = 0;  ///< of the GPU
};

/// One way of splitting, one way across, one kind of step.
struct LinkCost {
  Parallel parallel = Parallel::tensor;
  Step step = Step::decode;
  LinkWay way = LinkWay::peer;
  /// "nvlink", "pcie", "host"; of NCCL its own word, "P2P", "SHM"; empty where that is not known.
  std::string wire;
  int tokens = 0;           ///< that the step carries through the model
  Bytes message_bytes = 0;  ///< of one all-reduce, or of what crosses one boundary
  int messages = 0;         ///< in a step
  /// That one GPU sends at least for each token: of an all-reduce 2 (n - 1) / n of the message.
  Bytes token_bytes = 0;
  std::optional<double> ms;  ///< on the link in a step; none: not measured
  std::string reason;        ///< why it is not known, or what it was taken from
  /// Of link and memory time together; only of decode steps, where the memory's is known too.
  std::optional<double> share;
};

struct Estimate {
  Model model;
  std::string from;       ///< name of the result file, without folders
  int cards = 1;          ///< that the model is split across
  bool one_pool = false;  ///< CPU and GPU share one memory: there is no link
  Weights weights = Weights::fp16;
  double bits_per_weight = 16;
  CacheType cache = CacheType::fp16;
  double bits_per_element = 16;  ///< of the cache
  int context = 0;               ///< tokens of each sequence
  int batch = 1;                 ///< sequences at once
  int prefill_tokens = 0;

  Bytes weight_bytes = 0;   ///< of the whole model
  Bytes kv_bytes = 0;       ///< of all sequences
  Bytes kv_card_bytes = 0;  ///< of it on each GPU, split by tensors: whole heads, latent ones all
  Bytes memory_bytes = 0;   ///< of the smallest of the GPUs, or of the pool
  Bytes largest_bytes = 0;  ///< of the largest GPU of the machine
  /// Of the one pool, free when it was measured; none: GPUs have memory of their own.
  std::optional<Bytes> free_bytes;
  double usable = 0;  ///< share of it that weights and cache may take
  Fits fits_one = Fits::unknown;
  Fits fits_all = Fits::unknown;         ///< split by tensors across `cards`
  Fits fits_layers = Fits::unknown;      ///< split by layers, as they are shared out below
  std::vector<LayerShare> layer_shares;  ///< of `cards`; empty on one GPU

  Bytes read_bytes = 0;             ///< by each GPU in a decode step: weights and cache
  std::optional<double> read_gbs;   ///< measured, of the slowest of the GPUs
  std::string read_cell;            ///< the cell that says so, or why none does
  std::optional<double> memory_ms;  ///< of a decode step, split by tensors
  /// The same split by layers: one GPU after the other, each at its own rate.
  std::optional<double> layers_memory_ms;
  std::optional<double> most_tokens_s;  ///< of all sequences, by the fastest way across
  std::vector<LinkCost> links;          ///< empty on one GPU
};

}  // namespace peerbench::result
