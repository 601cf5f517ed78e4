// Does a worker of a language come up and answer on this host? Asked once at start, before any
// tenant's call.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "workers/pool.hpp"

#include <filesystem>

namespace mayfly::workers {

// Starts a sandbox around the runtime's own dry-run function, calls it, ends it and waits until it
// is gone. unavailable: it did not start or did not answer rightly within ten seconds; the sentence
// says why. Takes the pool's events for as long as it runs.
Task<Result<void>> dry_run(Pool& pool, io::Timers& timers, const std::filesystem::path& runtimes,
                           Language language);

}  // namespace mayfly::workers
