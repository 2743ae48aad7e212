#include "app/local_administration.h"

#include <algorithm>

#include "api/credentials.h"
#include "api/health/server_health.h"
#include "api/user_rules.h"
#include "app/derived_files.h"
#include "app/progress.h"
#include "app/stores.h"
#include "app/temporary_folder.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::app {
namespace {

namespace fs = std::filesystem;

/// Databases that are built beside the stored one and then renamed or thrown away.
constexpr std::string_view kReplayName = "derived.replay.db";
constexpr std::string_view kVerifyName = "derived.verify.db";
constexpr std::string_view kActor = "local";

class LocalAdministration final : public Administration {
 public:
  LocalAdministration(std::optional<DataFolder> folder, std::string store, std::unique_ptr<store::Journal> journal,
                      const Clock& clock, Random& random)
      : folder_(std::move(folder)),
        store_(std::move(store)),
        journal_(std::move(journal)),
        clock_(&clock),
        random_(&random) {}

  Result<std::string> create_token(store::Role role, const std::string& name) override {
    const api::NewToken made = api::make_token(*random_, role, name, clock_->now());
    RETURN_IF_ERROR(audit("token.create", made.row.id));
    RETURN_IF_ERROR(journal_->put_token(made.row));
    return made.text;
  }

  Result<std::vector<TokenLine>> tokens() override {
    ASSIGN_OR_RETURN(std::vector<store::TokenRow> rows, journal_->tokens());
    std::ranges::sort(rows, {}, &store::TokenRow::id);
    std::vector<TokenLine> lines;
    for (const store::TokenRow& row : rows) {
      lines.push_back({row.id, std::string(api::to_string(row.role)), row.name, format_time(row.created_at),
                       row.revoked_at ? format_time(*row.revoked_at) : std::string()});
    }
    return lines;
  }

  Status revoke_token(const std::string& id) override {
    ASSIGN_OR_RETURN(std::optional<store::TokenRow> row, journal_->token(id));
    if (!row) return fail(ErrorCode::kNotFound, "there is no token with the id '{}'", id);
    if (row->revoked_at) return {};
    RETURN_IF_ERROR(audit("token.revoke", id));
    row->revoked_at = clock_->now();
    return journal_->put_token(*row);
  }

  Status put_user(const std::string& name, store::Role role, const std::string& password) override {
    RETURN_IF_ERROR(api::check_user_name(name));
    ASSIGN_OR_RETURN(const std::vector<store::UserRow> users, journal_->users());
    RETURN_IF_ERROR(api::check_user_change(users, name, role));
    store::UserRow row;
    row.name = name;
    row.role = role;
    ASSIGN_OR_RETURN(row.password_hash, api::PasswordHasher(*random_).hash(password));
    row.created_at = clock_->now();
    RETURN_IF_ERROR(audit("user.add", name));
    return journal_->put_user(row);
  }

  Result<std::vector<UserLine>> users() override {
    ASSIGN_OR_RETURN(const std::vector<store::UserRow> rows, journal_->users());
    std::vector<UserLine> lines;
    for (const store::UserRow& row : rows) {
      lines.push_back({row.name, std::string(api::to_string(row.role)), format_time(row.created_at)});
    }
    return lines;
  }

  Status remove_user(const std::string& name) override {
    ASSIGN_OR_RETURN(const std::vector<store::UserRow> users, journal_->users());
    RETURN_IF_ERROR(api::check_user_change(users, name, std::nullopt));
    RETURN_IF_ERROR(audit("user.remove", name));
    return journal_->remove_user(name);
  }

  Result<ExportReport> export_lines(const Policy& policy, const std::function<void(std::string_view)>& sink) override {
    ASSIGN_OR_RETURN(const auto derived, open_derived(store_, place()));
    ASSIGN_OR_RETURN(const bool complete, derive_all(store_, *journal_, *derived, policy));
    ASSIGN_OR_RETURN(const auto reader, derived->read());
    ASSIGN_OR_RETURN(const std::string hash, engine::dump_hash(*reader, [&](std::string_view line) {
                       sink(line);
                       sink("\n");
                     }));
    sink(fmt::format("{{\"sha256\":\"{}\"}}\n", hash));
    if (complete) return ExportReport();
    ASSIGN_OR_RETURN(const api::LagFacts lag, api::lag_of(*journal_, *reader));
    return ExportReport{lag.rows};
  }

  Result<VerifyReport> verify(const Policy& policy) override {
    Progress checksums("checksums");
    ASSIGN_OR_RETURN(const std::uint64_t deliveries, journal_->verify(std::ref(checksums)));
    ASSIGN_OR_RETURN(const auto derived, open_derived(store_, place()));
    ASSIGN_OR_RETURN(const bool complete, derive_all(store_, *journal_, *derived, policy));
    if (!complete) return VerifyReport{deliveries, std::nullopt};
    auto verification = compare_with_rebuild(*derived, policy);
    if (!verification || verification->difference) {
      // What a replica has derived since it started meanwhile is no damage.
      ASSIGN_OR_RETURN(const bool theirs, replicas_derive(store_));
      if (theirs) return VerifyReport{deliveries, std::nullopt};
    }
    if (!verification) return std::unexpected(std::move(verification).error());
    if (verification->difference) {
      const engine::Difference& difference = *verification->difference;
      return fail(
          ErrorCode::kCorrupt,
          "the derived data differs from a rebuild: stored is {}, rebuilt is {} (line {}): run `fairlead replay`",
          difference.left.value_or("nothing"), difference.right.value_or("nothing"), difference.line);
    }
    return VerifyReport{deliveries, verification->stored_hash};
  }

 private:
  Status audit(std::string_view action, std::string_view subject) {
    return journal_->append_audit({clock_->now(), std::string(kActor), std::string(action), std::string(subject)});
  }

  /// Where the files are; a database needs no place.
  fs::path place() const { return folder_ ? folder_->path() : fs::path(); }

  Result<engine::Verification> compare_with_rebuild(store::Derived& stored, const Policy& policy) {
    if (folder_) return compare_with_rebuild_in(folder_->path(), stored, policy);
    ASSIGN_OR_RETURN(const TemporaryFolder room, TemporaryFolder::make());
    return compare_with_rebuild_in(room.path(), stored, policy);
  }

  Result<engine::Verification> compare_with_rebuild_in(const fs::path& room, store::Derived& stored,
                                                       const Policy& policy) {
    RETURN_IF_ERROR(remove_database(room, kVerifyName));
    auto verification = rebuild_and_compare(room, stored, policy);
    RETURN_IF_ERROR(remove_database(room, kVerifyName));
    return verification;
  }

  Result<engine::Verification> rebuild_and_compare(const fs::path& room, store::Derived& stored, const Policy& policy) {
    ASSIGN_OR_RETURN(const auto scratch, store::open_sqlite_derived(room, {}, kVerifyName));
    Progress rebuild("rebuild");
    return engine::verify_derived(*journal_, stored, *scratch, policy, std::ref(rebuild));
  }

  const std::optional<DataFolder> folder_;
  const std::string store_;
  std::unique_ptr<store::Journal> journal_;
  const Clock* clock_;
  Random* random_;
};

/// The old state goes first and as a whole: its write-ahead log must never meet the new file. Where this ends half-way,
/// there is no derived state, and the next start builds it from the journal.
Status put_in_place(const fs::path& folder) {
  RETURN_IF_ERROR(remove_database(folder, kDerivedName));
  std::error_code error;
  fs::rename(folder / kReplayName, folder / kDerivedName, error);
  if (error) return fail(ErrorCode::kIo, "{} cannot be renamed ({})", (folder / kReplayName).string(), error.message());
  return {};
}

/// Projects and links everything; returns the number of deliveries.
Result<std::uint64_t> build(store::Journal& journal, store::Derived& derived, const Policy& policy) {
  std::uint64_t deliveries = 0;
  Progress progress("replay");
  RETURN_IF_ERROR(engine::project_all(journal, derived, policy, [&](std::uint64_t done, std::uint64_t total) {
    deliveries = total;
    progress(done, total);
  }));
  return deliveries;
}

}  // namespace

Result<std::unique_ptr<Administration>> administer_stores(std::optional<DataFolder> folder, const std::string& store,
                                                          const Clock& clock, Random& random) {
  ASSIGN_OR_RETURN(auto journal, open_journal(store, folder ? folder->path() : fs::path()));
  return std::make_unique<LocalAdministration>(std::move(folder), store, std::move(journal), clock, random);
}

Result<std::uint64_t> replay(const fs::path& data, const std::string& store, const Policy& policy) {
  if (is_postgres(store)) {
    ASSIGN_OR_RETURN(const auto journal, store::open_postgres_journal(store));
    RETURN_IF_ERROR(store::empty_postgres_derived(store));
    ASSIGN_OR_RETURN(const auto derived, store::open_postgres_derived(store));
    return build(*journal, *derived, policy);
  }
  auto folder = DataFolder::hold(data, DataFolder::Missing::kRefuse);
  if (!folder && folder.error().code == ErrorCode::kConflict) {
    return fail(ErrorCode::kConflict, "{}, then replay; nothing was changed", folder.error().message);
  }
  if (!folder) return std::unexpected(std::move(folder).error());
  ASSIGN_OR_RETURN(const auto journal, store::open_sqlite_journal(data));
  RETURN_IF_ERROR(remove_database(data, kReplayName));
  std::uint64_t deliveries = 0;
  {
    ASSIGN_OR_RETURN(const auto derived, store::open_sqlite_derived(data, {}, kReplayName));
    ASSIGN_OR_RETURN(deliveries, build(*journal, *derived, policy));
  }
  RETURN_IF_ERROR(put_in_place(data));
  return deliveries;
}

}  // namespace fairlead::app
