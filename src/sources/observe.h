#pragma once

// How observations are filled: what a source did not say leaves its register unset, so a later word of another delivery
// is never overwritten by silence.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/limits.h"
#include "model/entities.h"

namespace fairlead::sources {

inline void put(Register<std::string>& field, Stamp stamp, std::string_view text) {
  if (!text.empty()) field = {stamp, std::string(text)};
}

template <class Tag>
void put(Register<Name<Tag>>& field, Stamp stamp, std::string_view text) {
  if (!text.empty()) field = {stamp, Name<Tag>{text}};
}

template <class Tag>
void put(Register<Name<Tag>>& field, Stamp stamp, Name<Tag> name) {
  if (!name.empty()) field = {stamp, std::move(name)};
}

template <class T>
void put(Register<T>& field, Stamp stamp, std::optional<T> value) {
  if (value) field = {stamp, *std::move(value)};
}

/// Long texts are cut at a character's border; the raw bytes stay in the journal.
inline std::string cut_text(std::string_view text) {
  return clean_utf8(text, limits::kTextBytesMax);
}

}  // namespace fairlead::sources
