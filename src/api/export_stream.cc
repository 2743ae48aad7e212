#include "api/export_stream.h"

#include "api/long_stream.h"
#include "engine/replay.h"
#include "store/backup/backup_writer.h"

namespace fairlead::api {
namespace {

void write_dump(const Context& context, const WriteBytes& write) {
  const auto reader = context.engine.read();
  if (!reader) return;
  const auto hash = engine::dump_hash(**reader, [&write](std::string_view line) {
    write(line);
    write("\n");
  });
  // Without the last line the client knows that something is missing.
  if (hash) write(R"({"sha256":")" + *hash + "\"}\n");
}

void write_journal(Context& context, const WriteBytes& write) {
  // What goes wrong is told in the backup itself, as far as its reader can still be told anything.
  static_cast<void>(store::backup::write_backup(context.engine.journal(), context.clock.now(), context.options.version,
                                                [&write](std::string_view bytes) -> Status {
                                                  if (!write(bytes))
                                                    return fail(ErrorCode::kUnavailable,
                                                                "nobody takes the backup any more");
                                                  return {};
                                                }));
}

}  // namespace

http::Response export_response(Context& context) {
  return long_stream(context, "text/plain; charset=utf-8",
                     [&context](const WriteBytes& write) { write_dump(context, write); });
}

http::Response backup_response(Context& context) {
  return long_stream(context, "application/octet-stream",
                     [&context](const WriteBytes& write) { write_journal(context, write); });
}

}  // namespace fairlead::api
