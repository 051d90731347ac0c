// SPDX-License-Identifier: Apache-2.0
// The vocabulary of cells: every value that a part of a key may have, with its word in names and
// files and with what else is true of it wherever it stands. A new value is a line of its
// enumeration and a row below it.
#pragma once

#include "result/words.hpp"

namespace peerbench::result {

enum class Family { peer, latency, host, pool, collective, split };
template <>
inline constexpr auto vocabulary<Family> =
    std::to_array<Word<Family>>({{Family::peer, "peer"},
                                 {Family::latency, "latency"},
                                 {Family::host, "host"},
                                 {Family::pool, "pool"},
                                 {Family::split, "split"},
                                 {Family::collective, "collective"}});

/// Copy engines, kernels, CPU threads, NCCL.
enum class Engine { ce, sm, cpu, nccl };
struct EngineWord : Word<Engine> {
  const char* title;  ///< in a table's title
  const char* entry;  ///< in a column that has several
};
template <>
inline constexpr auto vocabulary<Engine> =
    std::to_array<EngineWord>({{{Engine::ce, "ce"}, "copy engine", "engine"},
                               {{Engine::sm, "sm"}, "copy kernel", "kernel"},
                               {{Engine::cpu, "cpu"}, "CPU threads", "cpu"},
                               {{Engine::nccl, "nccl"}, "NCCL", "nccl"}});

enum class Op {
  copy,
  read,
  write,
  triad,
  submission,  ///< one copy alone, from the host's call to its end
  ping_pong,
  chase,
  fault,
  all_reduce,
  all_gather,
  reduce_scatter,
  broadcast,
  all_to_all,
  send,
  send_recv,
  boundary,  ///< what one part of a split model hands to the next
};
struct OpWord : Word<Op> {
  /// Arrays that it reads or writes, where traffic counts each once: 3 of a triad. 0: no traffic.
  int arrays = 0;
};
template <>
inline constexpr auto vocabulary<Op> = std::to_array<OpWord>({{{Op::read, "read"}, 1},
                                                              {{Op::write, "write"}, 1},
                                                              {{Op::copy, "copy"}, 2},
                                                              {{Op::triad, "triad"}, 3},
                                                              {{Op::submission, "submission"}},
                                                              {{Op::ping_pong, "ping-pong"}},
                                                              {{Op::chase, "chase"}},
                                                              {{Op::fault, "fault"}},
                                                              {{Op::all_reduce, "all_reduce"}},
                                                              {{Op::all_gather, "all_gather"}},
                                                              {{Op::reduce_scatter,
                                                                "reduce_scatter"}},
                                                              {{Op::broadcast, "broadcast"}},
                                                              {{Op::all_to_all, "all_to_all"}},
                                                              {{Op::send, "send"}},
                                                              {{Op::send_recv, "send_recv"}},
                                                              {{Op::boundary, "boundary"}}});

/// How the bytes go: pushed by their source, pulled by their destination, staged through host
/// memory; to, from or both ways between host and GPU; within one memory; by GPU and CPU together.
enum class Kind { none, push, pull, staged, h2d, d2h, both, local, together };
template <>
inline constexpr auto vocabulary<Kind> = std::to_array<Word<Kind>>({{Kind::push, "push"},
                                                                    {Kind::pull, "pull"},
                                                                    {Kind::staged, "staged"},
                                                                    {Kind::h2d, "h2d"},
                                                                    {Kind::d2h, "d2h"},
                                                                    {Kind::both, "both"},
                                                                    {Kind::local, "local"},
                                                                    {Kind::together, "together"}});

/// One way, both ways, or between many GPUs at once.
enum class Shape { none, uni, bi, disjoint_pairs, one_to_all, all_to_one, all_to_all };
template <>
inline constexpr auto vocabulary<Shape> =
    std::to_array<Word<Shape>>({{Shape::uni, "uni"},
                                {Shape::bi, "bi"},
                                {Shape::disjoint_pairs, "disjoint-pairs"},
                                {Shape::one_to_all, "one-to-all"},
                                {Shape::all_to_one, "all-to-one"},
                                {Shape::all_to_all, "all-to-all"}});

/// Of one pair; all other shapes are of many transfers at once.
constexpr bool of_a_pair(Shape shape) { return shape == Shape::uni || shape == Shape::bi; }

/// Eager launches one operation after another, a graph replays them.
enum class Launch { eager, graph };
template <>
inline constexpr auto vocabulary<Launch> = std::to_array<Word<Launch>>({{Launch::eager, "eager"},
                                                                        {Launch::graph, "graph"}});

/// An all-reduce by copies: all of it to each, or each GPU's part there and the sums back.
enum class Exchange { whole, parts };
template <>
inline constexpr auto vocabulary<Exchange> =
    std::to_array<Word<Exchange>>({{Exchange::whole, "whole"}, {Exchange::parts, "parts"}});

}  // namespace peerbench::result
