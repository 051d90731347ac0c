// SPDX-License-Identifier: Apache-2.0
// The door of the renderers: what a document says is made safe to print and to post, whatever
// drivers, files and variables put into it.
#pragma once

#include "report/document.hpp"

namespace peerbench::report {

/// All texts: control characters as escapes, and without `identify` no UUIDs.
Document safe_document(Document document, bool identify);

}  // namespace peerbench::report
