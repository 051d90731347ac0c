// SPDX-License-Identifier: Apache-2.0
#include "report/safe_document.hpp"

#include "base/printable.hpp"
#include "result/identities.hpp"

namespace peerbench::report {

namespace {

/// Makes each text safe in its place.
class Cleaner {
 public:
  explicit Cleaner(bool identify) : identify_(identify) {}

  void clean(std::string& text) const {
    text = printable(identify_ ? text : result::without_identities(text));
  }
  void clean(Text& text) const { clean(text.words); }
  void clean(Fact& fact) const {
    clean(fact.label);
    clean(fact.text);
  }
  void clean(Column& column) const { clean(column.heading); }
  template <typename T>
  void clean(std::vector<T>& all) const {
    for (T& one : all) clean(one);
  }
  void clean(Section& section) const {
    clean(section.title);
    clean(section.lines);
    clean(section.remarks);
  }
  void clean(Table& table) const {
    clean(table.title);
    clean(table.note);
    clean(table.columns);
    clean(table.rows);
    clean(table.remarks);
  }
  void clean(std::variant<Section, Table>& block) const {
    std::visit([this](auto& one) { clean(one); }, block);
  }
  void clean(Command& command) const {
    clean(command.line);
    clean(command.gives);
  }
  void clean(Document& document) const {
    clean(document.title);
    clean(document.banner);
    if (document.headline) clean(document.headline->words);
    clean(document.commands);
    clean(document.header);
    clean(document.blocks);
    clean(document.next);
  }

 private:
  bool identify_;
};

}  // namespace

Document safe_document(Document document, bool identify) {
  Cleaner(identify).clean(document);
  return document;
}

}  // namespace peerbench::report
