#include "app/account_commands.h"

#include <fmt/format.h>

#include "api/credentials.h"
#include "app/password_prompt.h"
#include "base/clock.h"
#include "base/random.h"

namespace fairlead::app {
namespace {

std::expected<store::Role, Failure> role_of(const CommandLine& line) {
  auto role = api::parse_role(line.role);
  if (!role) return wrong_usage(std::move(role).error());
  return *role;
}

}  // namespace

Outcome with_administration(const CommandLine& line, bool create,
                            const std::function<Status(Administration&, const Config&)>& act) {
  auto config = effective_config(line);
  if (!config) return std::unexpected(std::move(config).error());
  const SystemClock clock;
  SystemRandom random;
  auto administration = administer(config->data, config->store, create, clock, random);
  if (!administration) return std::unexpected(Failure{std::move(administration).error()});
  return outcome_of(act(**administration, *config));
}

Outcome run_token_create(const CommandLine& line) {
  const auto role = role_of(line);
  if (!role) return std::unexpected(role.error());
  return with_administration(line, true, [&](Administration& administration, const Config&) -> Status {
    const std::string name = line.name.empty() ? "made on the command line" : line.name;
    ASSIGN_OR_RETURN(const std::string token, administration.create_token(*role, name));
    print(token + "\n");
    return {};
  });
}

Outcome run_token_list(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config&) -> Status {
    ASSIGN_OR_RETURN(const std::vector<TokenLine> tokens, administration.tokens());
    for (const TokenLine& token : tokens) {
      print(fmt::format("{}  {:8}  {}  {}  {}\n", token.id, token.role, token.created_at,
                        token.revoked_at.empty() ? "valid" : "revoked " + token.revoked_at, token.name));
    }
    return {};
  });
}

Outcome run_token_revoke(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config&) -> Status {
    return administration.revoke_token(line.id);
  });
}

Outcome run_user_add(const CommandLine& line) {
  const auto role = api::parse_user_role(line.role);
  if (!role) return wrong_usage(role.error());
  return with_administration(line, true, [&](Administration& administration, const Config&) -> Status {
    ASSIGN_OR_RETURN(const std::string password, ask_new_password(line.name));
    return administration.put_user(line.name, *role, password);
  });
}

Outcome run_user_list(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config&) -> Status {
    ASSIGN_OR_RETURN(const std::vector<UserLine> users, administration.users());
    for (const UserLine& user : users) print(fmt::format("{:8}  {}  {}\n", user.role, user.created_at, user.name));
    return {};
  });
}

Outcome run_user_remove(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config&) -> Status {
    return administration.remove_user(line.name);
  });
}

}  // namespace fairlead::app
