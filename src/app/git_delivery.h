#pragma once

#include <stop_token>

#include "app/control_client.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "import/git_import.h"
#include "store/store.h"

namespace fairlead::app {

/// Where an import's batches go. Both ways give a batch the id that `POST /api/v1/events` gives the same bytes, so what
/// came by one way is a duplicate on the other.

/// Into the journal itself: a folder's whose lock this process holds, or a database's.
imports::SendBatch into_journal(store::Journal& journal, const Clock& clock);

/// Into the engine of this process. Waits where its queue is full, and gives up once `stop` is asked for
/// (kUnavailable). `last` is where the last batch went.
imports::SendBatch into_engine(engine::Engine& engine, const Clock& clock, std::stop_token stop, JournalPosition& last);

/// To the server that holds the data folder, over its control socket.
imports::SendBatch through_server(const ControlClient& server);

}  // namespace fairlead::app
