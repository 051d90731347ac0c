// SPDX-License-Identifier: Apache-2.0
// What is to be shown, before any format: words, tables and paragraphs. Builders (tables.hpp) make
// a Document of a Run, each exporter turns it into one format. A table never computes a statistic.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace peerbench::report {

enum class Tone { plain, strong, good, bad, warning };

/// Words and how they are meant; only the terminal shows the tone.
struct Text {
  std::string words;
  Tone tone = Tone::plain;

  Text(std::string w, Tone t = Tone::plain) : words(std::move(w)), tone(t) {}
  Text(const char* w, Tone t = Tone::plain) : words(w), tone(t) {}
};

enum class Align { left, right };

struct Column {
  std::string heading;
  Align align = Align::right;
};

struct Table {
  std::string title;  ///< empty: none
  std::string note;   ///< what is counted and what the columns mean
  std::vector<Column> columns;
  std::vector<std::vector<Text>> rows;  ///< each as long as `columns`
  std::vector<Text> remarks;            ///< reasons, ceilings and warnings that belong below
};

/// How the sentences of a section begin.
enum class Mark {
  dash,
  number,  ///< "[1] ...", for what others refer to
  step,    ///< "1. ...", one after the other
  none,    ///< sentences by themselves
  flush,   ///< the same from the page's left edge
};

/// A titled list of sentences, for what is no table. A newline begins a line below its sentence.
struct Section {
  std::string title;  ///< empty: none
  std::vector<Text> lines;
  Mark mark = Mark::dash;
  std::vector<Text> remarks = {};  ///< what the lines come to
};

/// One line of the header: "class", "discrete-nvlink: ...".
struct Fact {
  std::string label;
  Text text;
};

/// What a run comes to: a word that stands out, and a sentence or two.
struct Headline {
  Text word;
  std::string words;
};

/// A command line and what it gives: "peerbench report --all", "every table of this run".
struct Command {
  std::string line;
  std::string gives;
};

struct Document {
  std::string title = {};
  std::vector<Text> banner = {};  ///< what must not be overlooked, e.g. that nothing was measured
  std::optional<Headline> headline = {};
  std::vector<Fact> header = {};
  std::vector<std::variant<Section, Table>> blocks = {};
  std::vector<std::string> next = {};  ///< what to do next, in sentences
  std::vector<Command> commands = {};  ///< what to do next, as command lines
};

}  // namespace peerbench::report
