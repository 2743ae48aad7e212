#pragma once

// Tests that run on each store: a suite is a class derived from OnEachStore, its tests are TEST_P, and one line makes
// them run as `On/Suite.test/sqlite` and `On/Suite.test/postgres`:
//
//     INSTANTIATE_TEST_SUITE_P(On, Suite, kEachStore, store_name);

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "system/harness/server.h"
#include "system/harness/temp_folder.h"
#include "system/harness/test_store.h"

namespace fairlead::system_test {

inline const auto kEachStore = ::testing::Values(StoreKind::kSqlite, StoreKind::kPostgres);
inline const auto kSqliteAlone = ::testing::Values(StoreKind::kSqlite);
inline const auto kPostgresAlone = ::testing::Values(StoreKind::kPostgres);

inline std::string name_of(StoreKind kind) {
  return kind == StoreKind::kSqlite ? "sqlite" : "postgres";
}
inline std::string store_name(const ::testing::TestParamInfo<StoreKind>& info) {
  return name_of(info.param);
}

/// A data folder and a store, new for each test, and what is done with them.
class StoreUnderTest {
 public:
  explicit StoreUnderTest(StoreKind kind) : store_(kind) {}

  const TestStore& store() const { return store_; }
  bool on_postgres() const { return store_.on_postgres(); }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path data() const { return file("data"); }

  Server serve(std::vector<std::string> more_arguments = {}) const {
    return Server(data(), on_store(std::move(more_arguments)));
  }
  std::string new_token(const std::string& role) const { return make_token(data(), role, store_.arguments()); }
  /// `fairlead ARGUMENTS…` on this folder and this store.
  Finished command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", data().string()});
    return fairlead(on_store(std::move(arguments)));
  }

  /// With what says which store it is.
  std::vector<std::string> on_store(std::vector<std::string> arguments) const {
    const auto more = store_.arguments();
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

 private:
  const TempFolder folder_;
  const TestStore store_;
};

class OnEachStore : public ::testing::TestWithParam<StoreKind>, protected StoreUnderTest {
 protected:
  OnEachStore() : StoreUnderTest(GetParam()) {}
};

}  // namespace fairlead::system_test
