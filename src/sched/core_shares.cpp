#include "sched/core_shares.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mayfly::sched {

namespace {

constexpr int kLooksKept = 10;
constexpr int kLooksRemembered = 600;  // an account that uses nothing; a look is 0.1 s

}  // namespace

void CoreShares::look(const CoreUses& uses, bool busy) {
    looks_left_ = busy ? kLooksKept : std::max(looks_left_ - 1, 0);
    for (const auto& [tenant, use] : uses) {
        recent_[tenant].weight = use.weight;
        remembered_[tenant] = kLooksRemembered;
    }
    for (auto& [tenant, recent] : recent_) {
        const auto now = uses.find(tenant);
        recent.used = (recent.used * 7 + (now == uses.end() ? Micros{} : now->second.used)) / 8;
    }
    std::erase_if(
        recent_, [&](const auto& one) { return looks_left_ == 0 || --remembered_[one.first] < 0; });
    std::erase_if(remembered_, [&](const auto& one) { return !recent_.contains(one.first); });
    giving_way_ = above_level(recent_);
    modest_ = modest(recent_);
}

Standing CoreShares::standing(TenantId tenant) const {
    if (giving_way_.contains(tenant)) return Standing::last;
    return !giving_way_.empty() && modest_.contains(tenant) ? Standing::first : Standing::usual;
}

// From the top: as many are cut as it takes, until the level lies above the next one.
std::set<TenantId> above_level(const CoreUses& uses) {
    struct One {
        TenantId tenant;
        std::int64_t used, weight;
    };
    std::vector<One> all;
    std::int64_t total = 0;
    for (const auto& [tenant, use] : uses) {
        all.push_back({tenant, use.used.count(), use.weight});
        total += use.used.count();
    }
    if (total / 4 == 0) return {};
    std::ranges::sort(
        all, [](const One& a, const One& b) { return a.used * b.weight > b.used * a.weight; });
    std::set<TenantId> above;
    std::int64_t left = -total / 4, weights = 0;  // the level is what is left over their weights
    for (const auto& one : all) {
        if (weights > 0 && one.used * weights <= left * one.weight) return above;
        left += one.used;
        weights += one.weight;
        above.insert(one.tenant);
    }
    return {};
}

std::set<TenantId> modest(const CoreUses& uses) {
    Micros total{};
    for (const auto& [tenant, use] : uses) total += use.used;
    std::set<TenantId> found;
    for (const auto& [tenant, use] : uses)
        if (use.used < total / 16) found.insert(tenant);
    return found;
}

}  // namespace mayfly::sched
