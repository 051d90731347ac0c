// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "report/exporters.hpp"

namespace peerbench::report {
namespace {

/// Signs that Markdown would read as its own become plain ones; a table's row is one line.
std::string escaped(const std::string& text) {
  std::string made;
  for (const char c : text) {
    if (c == '\n') {
      made += ' ';
      continue;
    }
    if (std::string_view("|*_<\\").find(c) != std::string_view::npos) made += '\\';
    made += c;
  }
  return made;
}

void append(std::string& out, const Section& section) {
  if (!section.title.empty()) out += "## " + escaped(section.title) + "\n\n";
  const bool numbered = section.mark == Mark::number || section.mark == Mark::step;
  int number = 0;
  for (const Text& line : section.lines) {
    const bool prose = section.mark == Mark::none || section.mark == Mark::flush;
    std::string mark = numbered ? std::to_string(++number) + ". " : prose ? "" : "- ";
    if (prose && number++ > 0) out += '\n';
    std::istringstream parts(line.words);
    for (std::string part; std::getline(parts, part);) {
      out += mark + escaped(part) + '\n';
      mark = numbered ? "   - " : "  - ";
    }
  }
  for (const Text& remark : section.remarks) out += '\n' + escaped(remark.words) + '\n';
}

void append(std::string& out, const Table& table) {
  if (!table.title.empty()) out += "## " + escaped(table.title) + "\n\n";
  if (!table.note.empty()) out += escaped(table.note) + "\n\n";
  if (!table.rows.empty()) {
    std::string rule = "|";
    out += '|';
    for (const Column& column : table.columns) {
      out += ' ' + escaped(column.heading) + " |";
      rule += column.align == Align::right ? " ---: |" : " :--- |";
    }
    out += '\n' + rule + '\n';
  }
  for (const auto& row : table.rows) {
    out += '|';
    for (const Text& entry : row) out += ' ' + escaped(entry.words) + " |";
    out += '\n';
  }
  if (!table.remarks.empty() && !table.rows.empty()) out += '\n';
  for (const Text& remark : table.remarks) out += "- " + escaped(remark.words) + '\n';
}

}  // namespace

std::string to_markdown(const Document& document) {
  std::string out;
  if (!document.title.empty()) out += "# " + escaped(document.title) + "\n\n";
  for (const Text& text : document.banner) out += "**" + escaped(text.words) + "**\n\n";
  if (document.headline) {
    out += fmt::format("**{}** {}\n", escaped(document.headline->word.words),
                       escaped(document.headline->words));
  }
  for (const Fact& fact : document.header) {
    out += "- **" + escaped(fact.label) + "** " + escaped(fact.text.words) + '\n';
  }
  for (const auto& block : document.blocks) {
    out += '\n';
    std::visit([&](const auto& shown) { append(out, shown); }, block);
  }
  for (const std::string& line : document.next) out += "\nNext: " + escaped(line) + '\n';
  if (!document.commands.empty()) out += "\nNext:\n\n";
  for (const Command& command : document.commands) {
    out += fmt::format("- `{}`: {}\n", command.line, escaped(command.gives));
  }
  return out;
}

}  // namespace peerbench::report
