// The parked workers: which are there, when one more is started, when one too many is let go.
// It orders; what carries the orders out tells it what became of them.
//
// (1) Refilled off the path of calls: once no worker was needed for a moment, one at a time.
// (2) A language whose parked workers end before they are ready, several in a row, gets no more.
#pragma once

#include "io/timers.hpp"
#include "model/language.hpp"
#include "workers/parking.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace mayfly::workers {

// Loop thread only. A process is known here by the launcher's number for it.
class Park {
public:
    struct Orders {
        std::function<std::uint64_t(Language)> start;  // the number of the one that is on its way
        std::function<void(std::uint64_t)> stop;
    };

    Park(io::Timers& timers, Parking::Bounds bounds, Orders orders);
    ~Park();

    // From now on workers of this language are parked, or none any more.
    void open(Language language);
    void close(Language language);

    // One was needed: the one that has been parked longest, if there is any. It is the caller's.
    std::optional<std::uint64_t> take(Language language);

    void arrived(std::uint64_t process);  // it is parked
    void ended(std::uint64_t process);    // arrived or not; nothing to it if it was taken

    int parked(Language language) const;

private:
    struct Lot {
        explicit Lot(Parking::Bounds bounds) : plan(bounds) {}

        Parking plan;
        std::deque<std::uint64_t> parked{};         // the longest there first
        std::optional<std::uint64_t> on_its_way{};  // rule (1)
        int failures = 0;                           // in a row
    };

    void tend();
    void let_go(Lot& lot);

    io::Timers& timers_;
    Parking::Bounds bounds_;
    Orders orders_;
    std::map<Language, Lot> lots_;
    std::unique_ptr<io::Alarm> alarm_;
};

}  // namespace mayfly::workers
