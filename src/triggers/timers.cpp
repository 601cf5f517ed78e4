#include "triggers/timers.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::triggers {

namespace {

constexpr auto kLookMost = Seconds{60};  // the wall clock may be set meanwhile
constexpr auto kDiskPause = Seconds{1};

// Begins with '@', as no id of a caller's task does.
std::string name_of(const std::string& trigger, WallTime moment) {
    return fmt::format("@{}/{}", trigger, iso8601(moment));
}

}  // namespace

std::string timer_event(WallTime moment, const std::string& name, const std::string& payload) {
    return boost::json::serialize(boost::json::object{
        {"triggerTime", iso8601(moment)}, {"triggerName", name}, {"payload", payload}});
}

Timers::Timers(const catalog::Catalog& catalog, queue::Events& events, queue::TaskQueue& queue,
               io::Timers& timers, const Log& log, boost::asio::any_io_executor loop, Micros late)
    : catalog_(catalog),
      events_(events),
      queue_(queue),
      timers_(timers),
      log_(log),
      late_(late),
      alarm_(timers.alarm([this] { ring(); })),
      group_(std::move(loop), log) {}

void Timers::open() {
    for (const auto& trigger : catalog_.triggers_of("timer")) add(trigger);
    ring();
}

void Timers::changed(const Trigger& trigger, bool gone) {
    if (const auto known = entries_.find(trigger.id); known != entries_.end()) {
        plan_.erase({known->second.due, trigger.id});
        entries_.erase(known);
    }
    if (!gone) add(trigger);
    ring();
}

void Timers::add(const Trigger& trigger) {
    auto config = catalog::read_timer_config(trigger.spec.config);
    if (!config)  // it was checked when it was made; a time zone may be gone since
        return log_.error("timer {} of {}/{} does not fire: {}", trigger.spec.name, trigger.service,
                          trigger.function, config.error().what);
    auto& entry = entries_.emplace(trigger.id, Entry{trigger, *std::move(config)}).first->second;
    plan(trigger.id, entry, timers_.wall());
}

void Timers::plan(const std::string& id, Entry& entry, WallTime after) {
    plan_.erase({entry.due, id});
    entry.due = WallTime::max();
    if (!entry.config.enabled) return;
    entry.due = entry.config.schedule.next(after, entry.trigger.created).value_or(WallTime::max());
    if (entry.due != WallTime::max()) plan_.emplace(entry.due, id);
}

// Fires what is due, and sets the alarm for what comes next.
void Timers::ring() {
    const auto now = timers_.wall();
    while (!closed_ && !plan_.empty() && plan_.begin()->first <= now) {
        const auto [due, id] = *plan_.begin();
        auto& entry = entries_.at(id);
        if (now - due <= late_) {
            group_.spawn("timer",
                         fire(event_of(entry, due, name_of(entry.trigger.spec.name, due)), due));
            plan(id, entry, due);
        } else {
            if (entry.missed.count++ == 0) entry.missed.first = due;
            entry.missed.last = due;
            plan(id, entry, entry.missed.count < kMissedMax ? due : now);
        }
    }
    if (closed_ || plan_.empty()) return alarm_->set(Time::max());
    alarm_->set(timers_.now() +
                std::clamp<Micros>(plan_.begin()->first - now, Micros{0}, kLookMost));
}

queue::Event Timers::event_of(const Entry& entry, WallTime moment, std::string task_id) {
    const auto& t = entry.trigger;
    return {.id = {},
            .target = {t.account, t.service, t.spec.qualifier, t.function},
            .trigger = "timer",
            .trigger_name = t.spec.name,
            .body = timer_event(moment, t.spec.name, entry.config.payload),
            .task_id = std::move(task_id)};
}

// Rule (1).
Task<> Timers::fire(queue::Event event, WallTime due) {
    for (;;) {
        const auto taken = co_await events_.accept(event);
        if (taken) lateness_.add(timers_.wall() - due);
        if (taken || taken.error().kind == Kind::conflict) co_return;
        log_.warn("timer {} waits for the disk: {}", event.trigger_name, taken.error().what);
        co_await timers_.until(timers_.now() + kDiskPause);
    }
}

// Rule (2): the moments after the newest one that is kept in the queue, or after the trigger was
// last changed.
Task<> Timers::count_missed() {
    const auto now = timers_.wall();
    std::vector<std::string> ids;
    for (const auto& [id, _] : entries_) ids.push_back(id);
    for (const auto& id : ids) {
        const auto at = entries_.find(id);
        if (at == entries_.end() || !at->second.config.enabled) continue;
        const auto trigger = at->second.trigger;
        auto after = trigger.modified;
        const auto newest = co_await queue_.list(
            {.lane = queue::lane_of(trigger.account, trigger.service, trigger.function),
             .dedup_prefix = "@" + trigger.spec.name + "/",
             .limit = 1});
        if (newest && !newest->items.empty())
            after = std::max(after, newest->items.front().accepted);
        const auto still = entries_.find(id);
        if (still == entries_.end()) continue;
        auto& entry = still->second;
        while (entry.missed.count < kMissedMax) {
            const auto moment = entry.config.schedule.next(after, trigger.created);
            if (!moment || *moment > now) break;
            if (entry.missed.count++ == 0) entry.missed.first = *moment;
            entry.missed.last = after = *moment;
        }
        if (entry.missed.count > 0)
            log_.warn(
                "timer {} of {}/{} missed {} moments while the server was down; `mayfly timer "
                "backfill` makes up for them",
                trigger.spec.name, trigger.service, trigger.function, entry.missed.count);
    }
}

void Timers::close() {
    closed_ = true;
    alarm_->set(Time::max());
}

std::vector<Timers::Shown> Timers::of_function(const AccountId& account, const std::string& service,
                                               const std::string& function,
                                               std::size_t count) const {
    std::map<std::string, Shown> found;
    for (const auto& [_, entry] : entries_) {
        const auto& t = entry.trigger;
        if (t.account != account || t.service != service || t.function != function) continue;
        Shown shown{t, entry.config, {}, entry.missed};
        auto from = timers_.wall();
        while (entry.config.enabled && shown.next.size() < std::min<std::size_t>(count, 1000)) {
            const auto next = entry.config.schedule.next(from, t.created);
            if (!next) break;
            shown.next.push_back(from = *next);
        }
        found.emplace(t.spec.name, std::move(shown));
    }
    std::vector<Shown> all;
    for (auto& [_, shown] : found) all.push_back(std::move(shown));
    return all;
}

Task<Result<std::string>> Timers::run(Trigger trigger) {
    const auto found = entries_.find(trigger.id);
    if (found == entries_.end())
        co_return fail(Kind::not_found, fmt::format("'{}' is no timer", trigger.spec.name),
                       "TriggerNotFound");
    co_return co_await events_.accept(event_of(found->second, timers_.wall(), ""));
}

Task<Result<Timers::Filled>> Timers::backfill(Trigger trigger, WallTime after, WallTime until) {
    const auto found = entries_.find(trigger.id);
    if (found == entries_.end())
        co_return fail(Kind::not_found, fmt::format("'{}' is no timer", trigger.spec.name),
                       "TriggerNotFound");
    std::vector<WallTime> moments;
    for (auto at = after;;) {
        const auto next = found->second.config.schedule.next(at, trigger.created);
        if (!next || *next > until || *next > timers_.wall()) break;
        moments.push_back(at = *next);
        if (moments.size() > static_cast<std::size_t>(kMissedMax))
            co_return fail(Kind::invalid,
                           fmt::format("there are more than {} moments in that time; take a "
                                       "shorter one",
                                       kMissedMax),
                           "InvalidArgument");
    }
    const auto entry = found->second;
    Filled filled;
    for (const auto moment : moments) {
        const auto taken =
            co_await events_.accept(event_of(entry, moment, name_of(trigger.spec.name, moment)));
        if (taken) ++filled.made;
        else if (taken.error().kind == Kind::conflict) ++filled.there;
        else co_return Failure(taken.error());
    }
    if (const auto still = entries_.find(trigger.id); still != entries_.end()) {
        auto& missed = still->second.missed;
        if (missed.first > after && missed.last <= until) missed = {};
    }
    co_return filled;
}

}  // namespace mayfly::triggers
