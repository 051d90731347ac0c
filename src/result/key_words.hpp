// SPDX-License-Identifier: Apache-2.0
// The words that stand for the parts of a cell's key, in names and in files. Private to this room.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "result/cell_key.hpp"

namespace peerbench::result {

template <typename T>
struct Word {
  T value;
  const char* word;
};

inline constexpr Word<Family> families[] = {
    {Family::peer, "peer"}, {Family::latency, "latency"}, {Family::host, "host"},
    {Family::pool, "pool"}, {Family::split, "split"},     {Family::collective, "collective"}};
inline constexpr Word<Engine> engines[] = {
    {Engine::ce, "ce"}, {Engine::sm, "sm"}, {Engine::cpu, "cpu"}, {Engine::nccl, "nccl"}};
inline constexpr Word<Op> ops[] = {{Op::copy, "copy"},
                                   {Op::read, "read"},
                                   {Op::write, "write"},
                                   {Op::triad, "triad"},
                                   {Op::submission, "submission"},
                                   {Op::ping_pong, "ping-pong"},
                                   {Op::chase, "chase"},
                                   {Op::fault, "fault"},
                                   {Op::all_reduce, "all_reduce"},
                                   {Op::all_gather, "all_gather"},
                                   {Op::reduce_scatter, "reduce_scatter"},
                                   {Op::broadcast, "broadcast"},
                                   {Op::all_to_all, "all_to_all"},
                                   {Op::send, "send"},
                                   {Op::send_recv, "send_recv"},
                                   {Op::send, "send"},
                                   {Op::boundary, "boundary"}};
inline constexpr Word<Kind> kinds[] = {{Kind::push, "push"},     {Kind::pull, "pull"},
                                       {Kind::staged, "staged"}, {Kind::h2d, "h2d"},
                                       {Kind::d2h, "d2h"},       {Kind::both, "both"},
                                       {Kind::local, "local"},   {Kind::together, "together"}};
inline constexpr Word<Shape> shapes[] = {{Shape::uni, "uni"},
                                         {Shape::bi, "bi"},
                                         {Shape::disjoint_pairs, "disjoint-pairs"},
                                         {Shape::one_to_all, "one-to-all"},
                                         {Shape::all_to_one, "all-to-one"},
                                         {Shape::all_to_all, "all-to-all"}};
inline constexpr Word<Launch> launches[] = {{Launch::eager, "eager"}, {Launch::graph, "graph"}};
inline constexpr Word<Exchange> exchanges[] = {{Exchange::whole, "whole"},
                                               {Exchange::parts, "parts"}};

template <typename T, std::size_t N>
const char* word_of(const Word<T> (&words)[N], T value) {
  for (const Word<T>& one : words) {
    if (one.value == value) return one.word;
  }
  return "";
}

template <typename T, std::size_t N>
std::optional<T> value_of(const Word<T> (&words)[N], std::string_view word) {
  for (const Word<T>& one : words) {
    if (word == one.word) return one.value;
  }
  return std::nullopt;
}

}  // namespace peerbench::result
