// SPDX-License-Identifier: Apache-2.0
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
  out += "## " + escaped(section.title) + "\n\n";
  int number = 0;
  for (const Text& line : section.lines) {
    std::string mark = section.numbered ? std::to_string(++number) + ". " : "- ";
    std::istringstream parts(line.words);
    for (std::string part; std::getline(parts, part);) {
      out += mark + escaped(part) + '\n';
      mark = section.numbered ? "   - " : "  - ";
    }
  }
  for (const Text& remark : section.remarks) out += '\n' + escaped(remark.words) + '\n';
}

void append(std::string& out, const Table& table) {
  out += "## " + escaped(table.title) + "\n\n";
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
  std::string out = "# " + escaped(document.title) + "\n\n";
  for (const Text& text : document.banner) out += "**" + escaped(text.words) + "**\n\n";
  for (const Fact& fact : document.header) {
    out += "- **" + escaped(fact.label) + "** " + escaped(fact.text.words) + '\n';
  }
  for (const auto& block : document.blocks) {
    out += '\n';
    std::visit([&](const auto& shown) { append(out, shown); }, block);
  }
  for (const std::string& line : document.next) out += "\nNext: " + escaped(line) + '\n';
  return out;
}

}  // namespace peerbench::report
