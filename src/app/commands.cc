#include "app/commands.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/account_commands.h"
#include "app/command_line.h"
#include "app/config.h"
#include "app/demo.h"
#include "app/git_commands.h"
#include "app/git_report.h"
#include "app/serve.h"
#include "app/store_commands.h"
#include "app/version.h"
#include "base/clock.h"

namespace fairlead::app {
namespace {

using Action = std::function<Outcome(const CommandLine&)>;

// ---------------------------------------------------------------------------------------------------------------------
// Commands

/// The configuration, if a server can be started with it.
std::expected<Config, Failure> server_config(const CommandLine& line) {
  auto config = effective_config(line);
  if (!config) return config;
  if (config->tls_certificate.empty() != config->tls_key.empty()) {
    return wrong_usage({ErrorCode::kInvalid, "TLS needs both --tls-cert and --tls-key"});
  }
  return config;
}

Outcome run_serve(const CommandLine& line) {
  const auto config = server_config(line);
  if (!config) return std::unexpected(config.error());
  return outcome_of(serve(*config, process_environment()));
}

Outcome run_demo(const CommandLine& line) {
  const auto config = server_config(line);
  if (!config) return std::unexpected(config.error());
  const bool keep = !line.data.empty() || config->data != Config{}.data;
  return outcome_of(serve_demo(*config, process_environment(), keep));
}

Outcome run_config_check(const CommandLine& line) {
  CommandLine with_file = line;
  if (with_file.config.empty()) with_file.config = "fairlead.yaml";
  const auto config = merged_config(with_file);
  if (!config) return std::unexpected(config.error());
  print(fmt::format("{} is right\n", with_file.config));
  return {};
}

Outcome run_config_schema(const CommandLine&) {
  print(config_schema());
  return {};
}

Outcome run_import_git(const CommandLine& line) {
  const auto config = effective_config(line);
  if (!config) return std::unexpected(config.error());
  return print_told(import_git_history(line.git, *config));
}

Outcome run_report_git(const CommandLine& line) {
  const auto config = merged_config(line);
  if (!config) return std::unexpected(config.error());
  return outcome_of(write_git_report(line.git, line.report, *config, SystemClock()));
}

Outcome run_version(const CommandLine&) {
  print(fmt::format("fairlead {}\n", kVersion));
  return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// The command line

/// The commands, each with the action that it stands for. `chosen` is set by the parser.
class Commands {
 public:
  Commands() : app_("Fairlead: how software gets to your users, live and from your own webhooks", "fairlead") {
    app_.require_subcommand(1);
    app_.set_help_flag("-h,--help", "Shows this.");
    add_serve();
    add_tokens();
    add_users();
    add_config();
    add_git();
    add_git_report();
    add_maintenance();
    add(app_, "version", "Shows the version.", run_version);
  }

  int run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      print(app_.help());
      return kDone;
    } catch (const CLI::ParseError& error) {
      std::fprintf(stderr, "fairlead: %s (see `fairlead %s--help`)\n", error.what(), subcommand_text().c_str());
      return kWrongUsage;
    }
    const Outcome outcome = chosen_(with_environment(line_));
    if (outcome) return kDone;
    report(outcome.error().error.message);
    return outcome.error().code;
  }

 private:
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& about, Action action) {
    CLI::App& command = *parent.add_subcommand(name, about);
    command.callback([this, action = std::move(action)] { chosen_ = action; });
    return command;
  }

  CLI::App& add_group(const std::string& name, const std::string& about) {
    CLI::App& group = *app_.add_subcommand(name, about);
    group.require_subcommand(1);
    return group;
  }

  void add_store_options(CLI::App& command) {
    command.add_option("--data", line_.data, "The folder with the databases.");
    command.add_option("--config", line_.config, "The configuration file.");
    command.add_option("--store", line_.store, "Where data is kept: sqlite, or postgres://USER@HOST/DATABASE.");
  }

  void add_serve() {
    add_server_options(add(app_, "serve", "Takes deliveries and shows what they mean.", run_serve));
    add_server_options(add(app_, "demo", "Shows a made-up world that lives, in a folder of its own.", run_demo));
  }

  void add_server_options(CLI::App& serve) {
    add_store_options(serve);
    serve.add_option("--listen", line_.listen, "An address to listen on, as 127.0.0.1:8080; may be given again.")
        ->delimiter(',');
    serve.add_option("--tls-cert", line_.tls_certificate, "The certificate chain, a PEM file.");
    serve.add_option("--tls-key", line_.tls_key, "Its private key, a PEM file.");
  }

  void add_tokens() {
    CLI::App& tokens = add_group("token", "Tokens for clients of the API.");
    CLI::App& create = add(tokens, "create", "Makes a token and prints it, this once.", run_token_create);
    add_store_options(create);
    create.add_option("--role", line_.role, "ingest, viewer, operator or admin.")->required();
    create.add_option("--name", line_.name, "What it is for.");
    add_store_options(add(tokens, "list", "Lists tokens, without their secrets.", run_token_list));
    CLI::App& revoke = add(tokens, "revoke", "Makes a token useless, at once and for ever.", run_token_revoke);
    add_store_options(revoke);
    revoke.add_option("id", line_.id, "Its id, as `token list` shows it.")->required();
  }

  void add_users() {
    CLI::App& users = add_group("user", "People who may log in.");
    CLI::App& add_user = add(users, "add", "Adds a user, or gives one a new role and password.", run_user_add);
    add_store_options(add_user);
    add_user.add_option("name", line_.name, "The login.")->required();
    add_user.add_option("--role", line_.role, "viewer, operator or admin.")->required();
    add_store_options(add(users, "list", "Lists users.", run_user_list));
    CLI::App& remove = add(users, "remove", "Removes a user, whose sessions end at once.", run_user_remove);
    add_store_options(remove);
    remove.add_option("name", line_.name, "The login, as `user list` shows it.")->required();
  }

  void add_config() {
    CLI::App& config = add_group("config", "The configuration file.");
    CLI::App& check = add(config, "check", "Says what is wrong with it.", run_config_check);
    check.add_option("file,--config", line_.config, "Default: fairlead.yaml.");
    add(config, "schema", "Prints its JSON Schema.", run_config_schema);
  }

  void add_git() {
    CLI::App& imports = add_group("import", "Brings in what happened before.");
    CLI::App& git = add(imports, "git", "A repository's commits, and its release tags as deployments.", run_import_git);
    add_git_options(git, "A path, or an https address.");
    add_store_options(git);
  }

  void add_git_report() {
    CLI::App& reports = add_group("report", "Delivery numbers without a server.");
    CLI::App& git = add(reports, "git", "A repository's numbers and their rows as one page.", run_report_git);
    add_git_options(git, "A path.");
    git.add_option("--html", line_.report.html, "The file to write.")->required();
    git.add_option("--from", line_.report.from, "Since when: 2026-01-05, now-90d. Default: a year before the end.");
    git.add_option("--to", line_.report.to, "Until when. Default: now, or the last release where that is long ago.");
    git.add_option("--config", line_.config, "The configuration file.");
  }

  void add_git_options(CLI::App& command, const std::string& where) {
    command.add_option("repository", line_.git.location, where)->required();
    command.add_option("--service", line_.git.service, "What its releases are releases of. Default: owner/name.");
    command.add_option("--tags", line_.git.tags, "Which tags are releases, a regular expression.")
        ->capture_default_str();
  }

  void add_maintenance() {
    CLI::App& dump = add(app_, "export", "Prints all derived data, line by line, and its hash.", run_export);
    add_store_options(dump);
    dump.add_option("--format", line_.format, "json.")->check(CLI::IsMember({"json"}));
    add_store_options(add(app_, "verify", "Checks the journal, and the derived data against a rebuild.", run_verify));
    add_store_options(add(app_, "replay", "Builds the derived data anew from the journal.", run_replay));
    CLI::App& backup =
        add(app_, "backup", "Writes all that is kept to one file, beside a running server, too.", run_backup);
    add_store_options(backup);
    backup.add_option("file", line_.file, "The file to write.")->required();
    backup.add_flag("--verify", line_.only_verify, "Only checks that the file is a whole and undamaged backup.");
    CLI::App& restore = add(app_, "restore", "Brings a backup into an empty data folder.", run_restore);
    add_store_options(restore);
    restore.add_option("file", line_.file, "The backup.")->required();
    CLI::App& doctor = add(app_, "doctor", "Says how Fairlead stands, and what to do.", run_doctor);
    add_store_options(doctor);
    doctor.add_flag("--json", line_.as_json, "One JSON object instead of text.");
    CLI::App& move =
        add(app_, "migrate", "Copies all that is kept to another store, beside a running server, too.", run_migrate);
    move.add_option("--from", line_.from, "Where it is: sqlite:DIR or postgres://….")->required();
    move.add_option("--to", line_.to, "Where it shall be: sqlite:DIR or postgres://….")->required();
  }

  /// `serve ` or `token create `: for the hint after a wrong line.
  std::string subcommand_text() const {
    std::string text;
    const CLI::App* command = &app_;
    while (!command->get_subcommands().empty()) {
      command = command->get_subcommands().front();
      text += command->get_name() + " ";
    }
    return text;
  }

  /// One line per problem, each of which says who speaks.
  static void report(std::string_view message) {
    while (!message.empty()) {
      const auto end = std::min(message.find('\n'), message.size());
      std::fprintf(stderr, "fairlead: %.*s\n", static_cast<int>(end), message.data());
      message.remove_prefix(std::min(end + 1, message.size()));
    }
  }

  CommandLine line_;
  Action chosen_;
  CLI::App app_;
};

/// Standard output belongs to the commands' results.
void log_to_standard_error() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("fairlead"));
}

}  // namespace

int run(int argc, const char* const* argv) {
  // Whatever is written holds secrets or their hashes: it is this user's alone.
  umask(0077);
  log_to_standard_error();
  return Commands().run(argc, argv);
}

}  // namespace fairlead::app
