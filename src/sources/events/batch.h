#pragma once

// A body with many events is taken apart into the text of each before anything is parsed. So one event's parse needs
// buffers for that event alone (a body of 25 MiB would otherwise need 300 MiB), a broken line spoils only itself, and
// the accepted events of a batch can be journaled byte for byte as they were sent.

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace fairlead::sources {

enum class BatchForm {
  kOne,    ///< One object.
  kArray,  ///< An array of objects.
  kLines,  ///< NDJSON: one object per line, blank lines are passed over.
};

/// The form of a body that was sent as JSON, or as NDJSON.
BatchForm sent_form(std::string_view body, bool ndjson);

/// The form of a body that `check_events` accepted, told from its bytes alone.
BatchForm journaled_form(std::string_view body);

/// Yields the text of one event after the other. Finds borders only; whether a text is JSON shows when it is parsed.
class BatchSplitter {
 public:
  BatchSplitter(std::string_view body, BatchForm form);

  /// The next event's text, or nothing at the end. Fails where an array is not well-formed around its elements.
  Result<std::optional<std::string_view>> next();

 private:
  std::optional<std::string_view> next_line();
  Result<std::optional<std::string_view>> next_element();
  Status end_array();

  std::string_view rest_;
  BatchForm form_;
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace fairlead::sources
