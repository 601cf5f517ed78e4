// What a caller is told when a function did not answer by itself. FC's words (facts:
// function-compute 3.6), because clients and people recognise them. Pure.
#pragma once

#include "model/call.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mayfly::engine {

// What the flags of a worker's answer say.
Outcome outcome_of(std::uint8_t flags);

// {"errorMessage":"Function timed out after 3 seconds (maxMemoryUsage: 112.24MB)"}
std::string timed_out_json(Seconds limit, std::int64_t memory_bytes_peak);

// The same for an initializer.
std::string initializer_timed_out_json(Seconds limit, std::int64_t memory_bytes_peak);

// {"errorMessage":"Process exited unexpectedly before completing request (duration: 12ms, …)"}; out
// of memory says so and names the limit; `why` is why the platform ended it, if it did.
std::string died_json(Micros duration, std::int64_t memory_bytes_peak, bool out_of_memory,
                      int memory_mb, std::string_view why = "");

// {"errorMessage":"Invocation was stopped (duration: 12ms, …)"}
std::string stopped_json(Micros duration, std::int64_t memory_bytes_peak);

// {"ErrorCode":"BadResponse","ErrorMessage":"the function's answer cannot be sent: …"}: FC's form
// of an error of the platform, for that is what it calls this.
std::string bad_response_json(std::string_view why);

// Of a call that came over HTTP: takes the head off a body that ended well. An answer that is no
// HTTP makes the reply a bad_response with the reason. False: the worker broke its protocol and
// must end.
bool take_http(std::uint8_t flags, Reply& reply);

}  // namespace mayfly::engine
