// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "report/exporters.hpp"

namespace peerbench::report {
namespace {

constexpr std::size_t gap = 2;     // between columns
constexpr std::size_t margin = 2;  // left of tables and paragraphs

/// Columns on the screen: UTF-8 continuation bytes take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

/// Breaks at spaces; a word longer than the width is cut.
std::vector<std::string> wrap(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > width) {
      lines.emplace_back();
    }
    while (width_of(word) > width) {
      std::size_t cut = width;
      while (cut < word.size() && (static_cast<unsigned char>(word[cut]) & 0xC0U) == 0x80U) ++cut;
      lines.back() = word.substr(0, cut);
      lines.emplace_back();
      word.erase(0, cut);
    }
    if (!lines.back().empty() && !word.empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

class Page {
 public:
  Page(std::size_t width, bool color) : width_(width), color_(color) {}

  void blank() { out_ += '\n'; }

  void line(const std::string& text, Tone tone = Tone::plain) {
    for (const std::string& part : wrap(text, width_)) out_ += painted(part, tone) + '\n';
  }

  /// `lead` on the first line, the text wrapped beside it.
  void paragraph(const std::string& lead, const Text& text) {
    const std::size_t indent = width_of(lead);
    std::string before = lead;
    for (const std::string& part : wrap(text.words, width_ - indent)) {
      out_ += before + painted(part, text.tone) + '\n';
      before.assign(indent, ' ');
    }
  }

  /// A newline in the text begins a paragraph of its own, below and as far in.
  void paragraphs(std::string lead, const Text& text) {
    for (const std::string& part : lines_of(text.words)) {
      paragraph(lead, {part, text.tone});
      lead.assign(width_of(lead), ' ');
    }
  }

  void header(const std::vector<Fact>& facts) {
    std::size_t widest = 0;
    for (const Fact& fact : facts) widest = std::max(widest, width_of(fact.label));
    for (const Fact& fact : facts) {
      const std::string padding(widest - width_of(fact.label) + gap, ' ');
      paragraph(std::string(margin, ' ') + fact.label + padding, fact.text);
    }
  }

  /// The word, and the sentences beside it; below it where it is long.
  void headline(const Headline& headline) {
    constexpr std::size_t beside = 10, below = 6;
    const std::string lead = headline.word.words + std::string(gap, ' ');
    const std::size_t indent = width_of(lead) <= beside ? width_of(lead) : below;
    // Wrapped with a word of the lead's width in front, so that the first line leaves room for it.
    const std::string filler(width_of(lead) - indent, 'x');
    std::string text = headline.words;
    if (!filler.empty()) text = filler.substr(1) + ' ' + text;
    bool first = true;
    for (const std::string& part : wrap(text, width_ - indent)) {
      const std::string rest = first ? part.substr(filler.size()) : part;
      out_ += (first ? painted(headline.word.words, headline.word.tone) + std::string(gap, ' ')
                     : std::string(indent, ' ')) +
              rest + '\n';
      first = false;
    }
  }

  void section(const Section& section) {
    if (!section.title.empty()) line(section.title, Tone::strong);
    int number = 0;
    for (const Text& text : section.lines) {
      ++number;
      switch (section.mark) {
        case Mark::dash:
          paragraphs("  - ", text);
          break;
        case Mark::number:
          paragraphs(fmt::format("  [{}] ", number), text);
          break;
        case Mark::step:
          paragraphs(fmt::format("  {}. ", number), text);
          break;
        case Mark::none:
          paragraphs(std::string(margin, ' '), text);
          break;
        case Mark::flush:
          paragraphs("", text);
          break;
      }
    }
    for (const Text& remark : section.remarks) paragraph(std::string(margin, ' '), remark);
  }

  void table(const Table& table) {
    if (!table.title.empty()) line(table.title, Tone::strong);
    if (!table.note.empty()) paragraph(std::string(margin, ' '), table.note);
    std::size_t first = 1;
    for (const std::size_t end : table.rows.empty() ? Ends() : parts(table)) {
      if (first > 1 || !table.note.empty()) blank();
      rows(table, first, end);
      first = end;
    }
    if (!table.remarks.empty()) blank();
    for (const Text& remark : table.remarks) paragraph(std::string(margin, ' '), remark);
  }

  /// What each command gives stands beside it, in one column; a command that leaves no room for it
  /// stands by itself.
  void commands(const std::vector<Command>& commands) {
    constexpr std::size_t room = 24;  // for what it gives
    std::string lead = "Next: ";
    std::size_t widest = 0;
    const auto fits = [&](const Command& command) {
      return lead.size() + width_of(command.line) + gap + room <= width_;
    };
    for (const Command& command : commands) {
      if (fits(command)) widest = std::max(widest, width_of(command.line));
    }
    for (const Command& command : commands) {
      if (fits(command)) {
        const std::string padding(widest - width_of(command.line) + gap, ' ');
        paragraph(lead + command.line + padding, command.gives);
      } else {
        out_ += lead + command.line + '\n';
      }
      lead.assign(lead.size(), ' ');
    }
  }

  std::string take() { return std::move(out_); }

 private:
  using Ends = std::vector<std::size_t>;

  std::string painted(const std::string& text, Tone tone) const {
    const char* code = tone == Tone::strong    ? "1"
                       : tone == Tone::good    ? "32"
                       : tone == Tone::bad     ? "1;31"
                       : tone == Tone::warning ? "1;33"
                                               : nullptr;
    if (!color_ || code == nullptr || text.empty()) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
  }

  static std::size_t column_width(const Table& table, std::size_t column) {
    std::size_t widest = 0;
    for (const auto& part : lines_of(table.columns[column].heading)) {
      widest = std::max(widest, width_of(part));
    }
    for (const auto& row : table.rows) widest = std::max(widest, width_of(row[column].words));
    return widest;
  }

  /// The end of as many columns from `first` on as fit beside column 0, one at least.
  std::size_t fitting(const Table& table, std::size_t first) const {
    std::size_t used = margin + column_width(table, 0);
    std::size_t next = first;
    for (; next < table.columns.size(); ++next) {
      used += gap + column_width(table, next);
      if (used > width_ && next > first) break;
    }
    return next;
  }

  /// Where each part of a table ends that may be too wide for one. Parts of the same number of
  /// columns where they fit: eight columns are four and four, not six and two.
  Ends parts(const Table& table) const {
    const std::size_t end = table.columns.size();
    Ends greedy = {fitting(table, 1)};
    while (greedy.back() < end) greedy.push_back(fitting(table, greedy.back()));
    const std::size_t each = (end - 1 + greedy.size() - 1) / greedy.size();
    Ends even;
    for (std::size_t first = 1; first < end; first += each) {
      even.push_back(std::min(first + each, end));
      if (fitting(table, first) < even.back()) return greedy;
    }
    return even.empty() ? greedy : even;
  }

  /// Prints column 0 and those from `first` to before `end`.
  void rows(const Table& table, std::size_t first, std::size_t end) {
    std::vector<std::size_t> shown = {0};
    for (std::size_t column = first; column < end; ++column) shown.push_back(column);
    std::vector<std::size_t> widths;
    for (const std::size_t column : shown) widths.push_back(column_width(table, column));
    headings(table, shown, widths);
    for (const auto& row : table.rows) {
      std::vector<Text> entries;
      for (const std::size_t column : shown) entries.push_back(row[column]);
      entry_line(table, shown, widths, entries);
    }
  }

  void headings(const Table& table, const std::vector<std::size_t>& shown,
                const std::vector<std::size_t>& widths) {
    std::size_t height = 1;
    for (const std::size_t column : shown) {
      height = std::max(height, lines_of(table.columns[column].heading).size());
    }
    for (std::size_t level = 0; level < height; ++level) {
      std::vector<Text> entries;
      for (const std::size_t column : shown) {
        const auto parts = lines_of(table.columns[column].heading);
        const std::size_t above = height - parts.size();  // headings stand on the bottom line
        entries.emplace_back(level < above ? "" : parts[level - above], Tone::strong);
      }
      entry_line(table, shown, widths, entries);
    }
  }

  void entry_line(const Table& table, const std::vector<std::size_t>& shown,
                  const std::vector<std::size_t>& widths, const std::vector<Text>& entries) {
    std::string made(margin, ' ');
    std::size_t spaces = 0;  // owed before the next word, so that no line ends in spaces
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::size_t padding = widths[i] - width_of(entries[i].words);
      const bool right = table.columns[shown[i]].align == Align::right;
      if (right) spaces += padding;
      if (!entries[i].words.empty()) {
        made += std::string(spaces, ' ') + painted(entries[i].words, entries[i].tone);
        spaces = 0;
      }
      spaces += (right ? 0 : padding) + gap;
    }
    out_ += made + '\n';
  }

  std::size_t width_;
  bool color_;
  std::string out_;
};

}  // namespace

std::string to_terminal(const Document& document, int width, bool color) {
  Page page(static_cast<std::size_t>(std::max(width, 40)), color);
  page.line(document.title, Tone::strong);
  for (const Text& text : document.banner) page.line(text.words, text.tone);
  if (document.headline) {
    page.blank();
    page.headline(*document.headline);
  }
  if (!document.header.empty()) {
    page.blank();
    page.header(document.header);
  }
  for (const auto& block : document.blocks) {
    page.blank();
    if (const auto* section = std::get_if<Section>(&block)) page.section(*section);
    if (const auto* table = std::get_if<Table>(&block)) page.table(*table);
  }
  if (!document.next.empty()) page.blank();
  for (const std::string& line : document.next) page.paragraph("Next: ", line);
  if (!document.commands.empty()) page.blank();
  page.commands(document.commands);
  return page.take();
}

}  // namespace peerbench::report
