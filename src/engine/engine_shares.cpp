// Cores that are not enough for all: what each account's workers had, and how they stand.
#include "engine/engine.hpp"

namespace mayfly::engine {

// Of the accounts whose workers worked since the last look. Where there is but one it does not
// matter what it used.
sched::CoreUses Engine::core_uses() {
    sched::CoreUses uses;
    for (const auto& [id, worker] : workers_) {
        if (!worker.worked) continue;
        uses[worker.tenant].weight = tenant_of(worker.route->function.account).weight;
    }
    const bool are_shared = uses.size() > 1 || core_shares_.are_shared();
    for (auto& [id, worker] : workers_) {
        if (!std::exchange(worker.worked, !worker.calls.empty())) continue;
        const auto now = are_shared ? pool_.core_use(id) : std::nullopt;
        const auto before = std::exchange(worker.core_use, now);
        if (!now || !before) continue;
        uses[worker.tenant].used += *now - *before;
    }
    return uses;
}

// A look costs some microseconds a worker: none is taken while there is enough for all.
void Engine::share_cores(bool busy) {
    if (!busy && core_shares_.is_quiet()) return;
    core_shares_.look(core_uses(), busy);
    for (auto& [id, worker] : workers_) {
        if (worker.loading_since == Time{} || worker.doomed) continue;
        const auto standing = core_shares_.standing(worker.tenant);
        if (std::exchange(worker.standing, standing) != standing) pool_.stand(id, standing);
        if (core_shares_.is_quiet()) worker.core_use.reset();  // what it uses now is not looked at
    }
}

}  // namespace mayfly::engine
