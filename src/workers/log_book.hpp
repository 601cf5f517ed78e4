// What functions logged, newest calls kept in memory within bounds. A call is stored as it ended
// and turned into FC's lines only when somebody reads. It does not outlive the process.
#pragma once

#include "base/clock.hpp"
#include "model/call.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mayfly::workers {

// One call's log, as it is stored.
struct LoggedCall {
    WallTime ended;
    std::string request_id;
    std::string text;  // what the function printed
    Outcome outcome = Outcome::ok;
    Micros duration{};
    Millis billed{};
    int memory_mb = 0;
    std::int64_t memory_bytes_peak = 0;
    std::string_view what = "Invoke";  // a literal: FC's word in the first and the last line
};

// FC's log of one call: "FC Invoke Start RequestId: …", what was printed, "FC Invoke End RequestId:
// …", or "FC PreFreeze …" of a hook, and a summary with duration, billed duration and memory
// (facts: function-compute 4.2, 3.2).
std::string as_fc_text(const LoggedCall& call);

// The newest `bytes_max` bytes of a text, beginning at a line if there is one in reach.
std::string_view tail(std::string_view text, std::size_t bytes_max);

// Loop thread only.
class LogBook {
public:
    struct Options {
        std::size_t function_bytes_max = 1u << 20;  // of one function
        std::size_t functions_max = 1000;           // the least recently written one goes
    };

    LogBook() : LogBook(Options{}) {}
    explicit LogBook(Options options) : options_(options) {}

    void add(const Revision& revision, LoggedCall call);

    struct Line {
        WallTime time;
        std::string request_id;
        std::string text;
    };
    // The newest lines of a function, oldest first; empty if it has logged nothing.
    std::vector<Line> lines(const AccountId& account, const std::string& service,
                            const std::string& function, std::size_t lines_max) const;

private:
    struct Page {
        std::string key;
        std::deque<LoggedCall> calls;
        std::size_t bytes = 0;
    };
    Options options_;
    std::list<Page> pages_;  // most recently written first
    std::unordered_map<std::string, std::list<Page>::iterator> by_function_;
};

}  // namespace mayfly::workers
