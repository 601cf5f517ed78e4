#include "custom/readiness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace mayfly::custom {

namespace {

Failure not_started(std::string what) {
    return fail(Kind::failed, std::move(what), "FunctionNotStarted");
}

Result<Connection> wait_until_it_listens(const Setup& setup, const Clock& clock, Time begun) {
    for (;;) {
        if (Fd socket = connect_to(setup.port)) return Connection(setup.port, std::move(socket));
        const auto elapsed = clock.now() - begun;
        if (elapsed >= setup.start_limit)
            return not_started(
                fmt::format("'{}' runs, but nothing listened on 0.0.0.0:{} within {} s; listen "
                            "there, or set caPort to where it listens",
                            setup.words[0], setup.port, setup.start_limit.count()));
        std::this_thread::sleep_for(pause_after(elapsed));
    }
}

Result<void> wait_until_healthy(const Setup& setup, Connection& connection, const Clock& clock,
                                Time begun) {
    const auto& check = *setup.health;
    std::this_thread::sleep_for(begun + check.initial_delay - clock.now());
    for (int failures = 0, successes = 0;;) {
        const auto at = clock.now();
        const auto response = connection.exchange(health_request(setup), Millis(check.limit));
        const bool good = response && response->status / 100 == 2;
        successes = good ? successes + 1 : 0;
        failures = good ? 0 : failures + 1;
        if (successes >= check.successes) return {};
        if (failures >= check.failures_max || clock.now() - begun >= setup.start_limit)
            return not_started(fmt::format(
                "'{}' failed its health check, GET {}, {} times in a row: {}", setup.words[0],
                check.path, failures,
                response ? fmt::format("status {}", response->status) : response.error().what));
        std::this_thread::sleep_for(at + check.period - clock.now());
    }
}

}  // namespace

Micros pause_after(Micros elapsed) {
    return std::clamp<Micros>(elapsed / 32, Micros{200}, Millis{10});
}

Result<Connection> wait_until_ready(const Setup& setup, const Clock& clock) {
    const auto begun = clock.now();
    TRY(auto connection, wait_until_it_listens(setup, clock, begun));
    if (setup.health) TRYV(wait_until_healthy(setup, connection, clock, begun));
    return connection;
}

}  // namespace mayfly::custom
