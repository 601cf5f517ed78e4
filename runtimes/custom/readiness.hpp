// From the start of a program to the moment when it takes calls.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "custom/connection.hpp"
#include "custom/setup.hpp"

namespace mayfly::custom {

// How long to wait before the next look, `elapsed` after the start: a look costs 13 microseconds,
// a late one costs the call. Pure.
Micros pause_after(Micros elapsed);

// Waits until the program listens, then until its health check is good, if it has one. The
// connection that found it is the first to carry a call: a program that serves one at a time is not
// kept from it by an idle one.
//
// failed (FunctionNotStarted): it did not listen within the start limit, or its checks failed.
Result<Connection> wait_until_ready(const Setup& setup, const Clock& clock);

}  // namespace mayfly::custom
