// Triggers of type timer: the moments they fire at become events.
//
// (1) A moment becomes one event: its name in the queue holds trigger and moment, and is taken
//     once. A disk that fails is tried again until it takes it.
// (2) What fell due while the server was down, or before its trigger was enabled, does not fire by
//     itself. It is counted from the newest moment known to have fired, and backfill() makes up
//     for it.
#pragma once

#include "base/log.hpp"
#include "catalog/catalog.hpp"
#include "catalog/timer_trigger.hpp"
#include "io/task_group.hpp"
#include "io/timers.hpp"
#include "queue/events.hpp"
#include "triggers/lateness.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mayfly::triggers {

// The body of a timer's event: {"triggerTime":"2024-05-06T07:08:00Z","triggerName","payload"}.
// Pure.
std::string timer_event(WallTime moment, const std::string& name, const std::string& payload);

// Loop thread. What it is given outlives it.
class Timers {
public:
    // `timers` say what time it is for them, and may be a test clock's. A moment that is noticed
    // later than `late` was missed: the machine slept.
    Timers(const catalog::Catalog& catalog, queue::Events& events, queue::TaskQueue& queue,
           io::Timers& timers, const Log& log, boost::asio::any_io_executor loop,
           Micros late = Seconds{5});

    // Takes up all that the catalog has. Once.
    void open();

    // Of type timer: made, changed or `gone`.
    void changed(const Trigger& trigger, bool gone);

    // Looks how much was missed while the server was down. Once, after open().
    Task<> count_missed();

    // Fires no more.
    void close();

    struct Missed {
        std::int64_t count = 0;  // up to kMissedMax
        WallTime first{}, last{};
    };
    static constexpr std::int64_t kMissedMax = 10'000;

    struct Shown {
        Trigger trigger;
        catalog::TimerConfig config;
        std::vector<WallTime> next;  // none if it is disabled
        Missed missed;
    };
    // Of one function, by name; each with its next `count` moments, at most 1000.
    std::vector<Shown> of_function(const AccountId& account, const std::string& service,
                                   const std::string& function, std::size_t count) const;

    // An event of the trigger as if it had fired now; its id. not_found: TriggerNotFound.
    Task<Result<std::string>> run(Trigger trigger);

    // An event for each moment in (after, until], those that fired already left out; how many.
    // invalid: more than `kMissedMax`.
    struct Filled {
        std::int64_t made = 0;
        std::int64_t there = 0;  // had fired
    };
    Task<Result<Filled>> backfill(Trigger trigger, WallTime after, WallTime until);

    // How long after its moment each event was on the disk.
    const Lateness& lateness() const { return lateness_; }

    WallTime wall() const { return timers_.wall(); }

private:
    struct Entry {
        Trigger trigger;
        catalog::TimerConfig config;
        WallTime due = WallTime::max();
        Missed missed{};
    };
    static queue::Event event_of(const Entry& entry, WallTime moment, std::string task_id);
    void add(const Trigger& trigger);
    void plan(const std::string& id, Entry& entry, WallTime after);
    void ring();
    Task<> fire(queue::Event event, WallTime due);

    const catalog::Catalog& catalog_;
    queue::Events& events_;
    queue::TaskQueue& queue_;
    io::Timers& timers_;
    const Log& log_;
    const Micros late_;
    std::map<std::string, Entry> entries_;             // by the trigger's id
    std::set<std::pair<WallTime, std::string>> plan_;  // what is due when
    bool closed_ = false;
    Lateness lateness_;
    std::unique_ptr<io::Alarm> alarm_;
    io::TaskGroup group_;  // last: its tasks use all of the above
};

}  // namespace mayfly::triggers
