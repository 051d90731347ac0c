// SPDX-License-Identifier: Apache-2.0
// The keys of a model and of an estimate; see fields.hpp. Private to this module.
#pragma once

#include "result/estimate.hpp"
#include "result/machine_fields.hpp"

namespace peerbench::result {

void describe(auto& v, Of<Model> auto& model) {
  v.required("name", model.name);
  v.text("source", model.source);
  v.required("layers", model.layers);
  v.required("hidden", model.hidden);
  v.required("heads", model.heads);
  v.required("kv_heads", model.kv_heads);
  v.required("head_size", model.head_size);
  v.optional("latent_kv", model.latent_kv);
  v.optional("windowed_layers", model.windowed_layers);
  v.optional("window", model.window);
  v.required("vocabulary", model.vocabulary);
  v.required("parameters", model.parameters);
  v.required("active_parameters", model.active_parameters);
  v.optional("experts", model.experts);
  v.optional("used_experts", model.used_experts);
  v.optional("tied_embeddings", model.tied_embeddings);
}

void describe(auto& v, Of<LinkCost> auto& link) {
  v.word("parallel", link.parallel, all_of<Parallel>);
  v.word("step", link.step, all_of<Step>);
  v.word("way", link.way, all_of<LinkWay>);
  v.text("wire", link.wire);
  v.required("tokens", link.tokens);
  v.required("message_bytes", link.message_bytes);
  v.required("messages", link.messages);
  v.unless("token_bytes", link.token_bytes, Bytes{0});
  v.number("ms", link.ms);
  v.required("reason", link.reason);
  v.number("share", link.share);
}

void describe(auto& v, Of<LayerShare> auto& share) {
  v.required("gpu", share.gpu);
  v.required("layers", share.layers);
  v.required("need_bytes", share.need_bytes);
  v.required("memory_bytes", share.memory_bytes);
}

void describe(auto& v, Of<Estimate> auto& estimate) {
  v.one("model", estimate.model);
  v.text("from", estimate.from);
  v.required("cards", estimate.cards);
  v.required("one_pool", estimate.one_pool);
  v.word("weights", estimate.weights, all_of<Weights>);
  v.required("bits_per_weight", estimate.bits_per_weight);
  v.word_unless("cache", estimate.cache, all_of<CacheType>, CacheType::fp16);
  v.unless("bits_per_element", estimate.bits_per_element, 16.0);
  v.required("context", estimate.context);
  v.required("batch", estimate.batch);
  v.required("prefill_tokens", estimate.prefill_tokens);
  v.required("weight_bytes", estimate.weight_bytes);
  v.required("kv_bytes", estimate.kv_bytes);
  v.unless("kv_card_bytes", estimate.kv_card_bytes, Bytes{0});
  v.required("memory_bytes", estimate.memory_bytes);
  v.unless("largest_bytes", estimate.largest_bytes, Bytes{0});
  v.optional("free_bytes", estimate.free_bytes);
  v.required("usable", estimate.usable);
  v.word("fits_one", estimate.fits_one, all_of<Fits>);
  v.word("fits_all", estimate.fits_all, all_of<Fits>);
  v.word_unless("fits_layers", estimate.fits_layers, all_of<Fits>, Fits::unknown);
  v.some("layer_shares", estimate.layer_shares);
  v.required("read_bytes", estimate.read_bytes);
  v.number("read_gbs", estimate.read_gbs);
  v.required("read_cell", estimate.read_cell);
  v.number("memory_ms", estimate.memory_ms);
  v.optional("layers_memory_ms", estimate.layers_memory_ms);
  v.number("most_tokens_s", estimate.most_tokens_s);
  v.list("links", estimate.links);
}

}  // namespace peerbench::result
