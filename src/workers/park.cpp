#include "workers/park.hpp"

#include <algorithm>

namespace mayfly::workers {

namespace {

constexpr Millis kQuiet{4};       // without a need, before one is parked: about the time that takes
constexpr Millis kStarts{20};     // the same where a program is started in it: that takes longer
constexpr Seconds kLookAgain{1};  // whether fewer are wanted by now
constexpr int kFailuresMax = 5;

}  // namespace

Park::Park(io::Timers& timers, Parking::Bounds bounds, Orders orders)
    : timers_(timers),
      bounds_(bounds),
      orders_(std::move(orders)),
      alarm_(timers.alarm([this] { tend(); })) {}

Park::~Park() = default;

void Park::open(Language language) {
    lots_.try_emplace(language, bounds_);
    alarm_->set(timers_.now());
}

void Park::close(Language language) {
    const auto it = lots_.find(language);
    if (it == lots_.end()) return;
    auto lot = std::move(it->second);
    lots_.erase(it);
    let_go(lot);
}

std::optional<std::uint64_t> Park::take(Language language) {
    const auto it = lots_.find(language);
    if (it == lots_.end()) return {};
    auto& lot = it->second;
    lot.plan.needed(timers_.now());
    alarm_->set(timers_.now() + (language == Language::custom ? kStarts : kQuiet));
    if (lot.parked.empty()) return {};
    const auto process = lot.parked.front();
    lot.parked.pop_front();
    return process;
}

void Park::arrived(std::uint64_t process) {
    for (auto& [language, lot] : lots_) {
        if (lot.on_its_way != process) continue;
        lot.on_its_way.reset();
        lot.failures = 0;
        lot.parked.push_back(process);
        alarm_->set(timers_.now());
        return;
    }
    orders_.stop(process);  // its language was closed meanwhile
}

void Park::ended(std::uint64_t process) {
    for (auto& [language, lot] : lots_) {
        std::erase(lot.parked, process);
        if (lot.on_its_way != process) continue;
        lot.on_its_way.reset();
        ++lot.failures;
    }
    std::erase_if(lots_, [](const auto& entry) { return entry.second.failures >= kFailuresMax; });
    alarm_->set(timers_.now() + kQuiet);
}

int Park::parked(Language language) const {
    const auto it = lots_.find(language);
    return it == lots_.end() ? 0 : static_cast<int>(it->second.parked.size());
}

void Park::let_go(Lot& lot) {
    for (const auto process : lot.parked) orders_.stop(process);
    if (lot.on_its_way) orders_.stop(*lot.on_its_way);
}

void Park::tend() {
    const auto now = timers_.now();
    bool waits = false, above_least = false;
    for (auto& [language, lot] : lots_) {
        const auto wanted = static_cast<std::size_t>(lot.plan.wanted(now));
        for (; lot.parked.size() > wanted; lot.parked.pop_front()) orders_.stop(lot.parked.front());
        if (lot.parked.size() < wanted && !lot.on_its_way) lot.on_its_way = orders_.start(language);
        waits |= lot.on_its_way.has_value();
        above_least |= std::cmp_greater(lot.parked.size(), bounds_.least);
    }
    if (!waits && above_least) alarm_->set(now + kLookAgain);
}

}  // namespace mayfly::workers
