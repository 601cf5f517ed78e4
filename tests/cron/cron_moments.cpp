// Reads lines "FROM UNTIL EXPRESSION" (seconds since 1970) and writes for each the moments in
// (FROM, UNTIL], apart by spaces.
#include "cron/schedule.hpp"

#include <fmt/format.h>

#include <iostream>
#include <string>

int main() {
    using namespace mayfly;
    std::int64_t from = 0, until = 0;
    std::string expression;
    while (std::cin >> from >> until && std::getline(std::cin, expression)) {
        const auto schedule = cron::Schedule::parse(expression);
        if (!schedule) {
            std::cout << schedule.error().what << '\n';
            continue;
        }
        const WallTime end = WallTime(Seconds(until));
        std::string line;
        for (WallTime at{Seconds(from)};;) {
            const auto next = schedule->next(at, at);
            if (!next || *next > end) break;
            at = *next;
            line += fmt::format("{} ",
                                std::chrono::duration_cast<Seconds>(at.time_since_epoch()).count());
        }
        std::cout << line << '\n';
    }
}
