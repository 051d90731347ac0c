// SPDX-License-Identifier: Apache-2.0
#include "sim/core/kernel_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "sim/core/demangled.hpp"
#include "sim/json_fields.hpp"

namespace gpusim {

using nlohmann::json;

namespace {

constexpr const char* rules_schema = "peerbench.kernels/1";

struct NamedAction {
  const char* name;
  KernelRule::Action action;
};
constexpr NamedAction actions[] = {{"wait", KernelRule::Action::wait},
                                   {"copy", KernelRule::Action::copy},
                                   {"fill", KernelRule::Action::fill},
                                   {"check", KernelRule::Action::check}};

void read_size(Fields& fields, const char* key, int& bytes, Problem& problem) {
  fields.integer(key, bytes, Range::positive);
  if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) {
    problem.set(fields.path_of(key), fmt::format("is {}; allowed is 1, 2, 4 or 8", bytes));
  }
}

void read_number(Fields& rule, const char* key, KernelNumber& number, bool required,
                 Problem& problem) {
  const json* given = rule.object(key, required);
  if (given == nullptr) return;
  Fields fields(*given, rule.path_of(key), problem);
  number.given = true;
  const bool constant = given->contains("constant");
  if (constant == given->contains("argument")) {
    problem.set(rule.path_of(key), "must have either an \"argument\" or a \"constant\"");
  }
  fields.integer("argument", number.argument);
  fields.whole("constant", number.constant);
  if (!constant) read_size(fields, "bytes", number.bytes, problem);
  if (key == std::string("timeout")) {
    fields.choice("unit", number.unit, {"clocks", "ns", "us", "ms"});
  }
  fields.finish();
}

void read_wait(Fields& fields, KernelRule& rule, Problem& problem) {
  fields.integer("flag", rule.flag);
  read_size(fields, "flag_bytes", rule.flag_bytes, problem);
  read_number(fields, "until", rule.until, false, problem);
  read_number(fields, "timeout", rule.timeout, false, problem);
  if (rule.flag < 0 && !rule.timeout.given) {
    problem.set(fields.path_of("flag"), "is missing; a kernel that waits has it or a \"timeout\"");
  }
}

void read_elements(Fields& fields, KernelRule& rule, Problem& problem) {
  fields.integer("element_bytes", rule.element_bytes, Range::positive);
  read_number(fields, "count", rule.count, true, problem);
}

void read_check(Fields& fields, KernelRule& rule, Problem& problem) {
  fields.integer("from", rule.from, Range::not_negative, true);
  fields.integer("against", rule.against);
  fields.integer("errors", rule.errors, Range::not_negative, true);
  read_size(fields, "errors_bytes", rule.errors_bytes, problem);
  read_number(fields, "value", rule.value, false, problem);
  if ((rule.against >= 0) == rule.value.given) {
    problem.set(fields.path_of("against"),
                "is missing; a check has either it or a \"value\" to compare with");
  }
  read_elements(fields, rule, problem);
}

KernelRule read_rule(Fields& fields, Problem& problem) {
  KernelRule rule;
  std::string action;
  std::vector<std::string> names;
  for (const NamedAction& row : actions) names.emplace_back(row.name);
  fields.text("kernel", rule.kernel, true);
  fields.choice("action", action, names, true);
  for (const NamedAction& row : actions) {
    if (action == row.name) rule.action = row.action;
  }
  switch (rule.action) {
    case KernelRule::Action::wait:
      read_wait(fields, rule, problem);
      break;
    case KernelRule::Action::copy:
      fields.integer("to", rule.to, Range::not_negative, true);
      fields.integer("from", rule.from, Range::not_negative, true);
      read_elements(fields, rule, problem);
      break;
    case KernelRule::Action::fill:
      fields.integer("to", rule.to, Range::not_negative, true);
      read_number(fields, "value", rule.value, true, problem);
      read_elements(fields, rule, problem);
      break;
    case KernelRule::Action::check:
      read_check(fields, rule, problem);
      break;
  }
  const bool compares = rule.action == KernelRule::Action::fill || rule.value.given;
  if (compares && rule.element_bytes > 8) {
    problem.set(fields.path_of("element_bytes"),
                fmt::format("is {}; a value has at most 8 bytes", rule.element_bytes));
  }
  return rule;
}

/// Without its parameters and the type that a template's instance begins with.
std::string without_parameters(const std::string& name) {
  const std::size_t end = name.rfind(')');
  std::size_t begin = end;
  int depth = 0;
  while (end != std::string::npos) {
    depth += name[begin] == ')' ? 1 : name[begin] == '(' ? -1 : 0;
    if (depth == 0 || begin == 0) break;
    --begin;
  }
  std::string plain = end == std::string::npos ? name : name.substr(0, begin);
  if (plain.starts_with("void ")) plain.erase(0, 5);
  return plain;
}

}  // namespace

const KernelRule* KernelRules::find(const std::string& registered) const {
  const std::string full = demangled(registered);
  const std::string plain = without_parameters(full);
  const auto found = std::ranges::find_if(rules_, [&](const KernelRule& rule) {
    return rule.kernel == registered || rule.kernel == full || rule.kernel == plain;
  });
  return found == rules_.end() ? nullptr : &*found;
}

Expected<KernelRules> KernelRules::parse(const std::string& text, const std::string& path) {
  const json document = json::parse(text, nullptr, false, true);
  if (document.is_discarded() || !document.is_object()) {
    return fail(ErrorKind::usage, fmt::format("{}: is not one JSON object {{...}}", path));
  }
  Problem problem;
  Fields fields(document, "", problem);
  std::string schema;
  fields.choice("schema", schema, {rules_schema}, true);
  KernelRules read;
  if (const json* list = fields.array("kernels"); list != nullptr) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string place = fmt::format("kernels[{}]", i);
      if (!(*list)[i].is_object()) {
        problem.set(place, "must be an object {...}");
        break;
      }
      Fields one((*list)[i], place, problem);
      read.rules_.push_back(read_rule(one, problem));
      one.finish();
    }
  }
  fields.finish();
  if (!problem) return read;
  return fail(ErrorKind::usage,
              fmt::format("{}: field {} {}", path, problem.path, problem.message));
}

Expected<KernelRules> KernelRules::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return fail(ErrorKind::io, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  return parse(text.str(), path);
}

}  // namespace gpusim
