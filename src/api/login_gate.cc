#include "api/login_gate.h"

#include "base/hash.h"

namespace fairlead::api {
namespace {

/// Of one length, however long the name; and people type passwords into the wrong field.
std::string name_key(std::string_view name) {
  const Sha256 digest = sha256(name);
  return to_hex(bytes_of(digest));
}

}  // namespace

bool LoginGate::admit(std::string_view address, std::string_view name) {
  return addresses_.note(address) && names_.note(name_key(name));
}

void LoginGate::forgive(std::string_view address, std::string_view name) {
  addresses_.forgive(address);
  names_.forgive(name_key(name));
}

bool LoginGate::note_wrong() {
  wrong_.fetch_add(1, std::memory_order_relaxed);
  return audited_.note("wrong passwords");
}

}  // namespace fairlead::api
