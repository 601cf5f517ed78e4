// The walk of one call, from a caller already trusted to an answer: route, admit, run, count.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"
#include "model/call.hpp"

#include <cstddef>
#include <string>

namespace mayfly::engine {

class Invoker {
public:
    virtual ~Invoker() = default;

    // Runs the call on the loop thread and returns its reply, whatever the function did: a function
    // that failed is a Reply with its outcome, not an Error. Errors are the platform's:
    // not_found (ServiceNotFound, FunctionNotFound), busy (ResourceExhausted: a limit was hit),
    // invalid, unavailable (no sandbox could be made), internal.
    virtual Task<Result<Reply>> invoke(Call call) = 0;

    // Calls that somebody waits for and that wait for a worker. Asynchronous ones yield to them.
    virtual std::size_t sync_waiting() const { return 0; }

    // Cuts the call off, if it runs alone on its worker; its caller is told that it died. False: it
    // does not run, or others would die with it.
    virtual bool stop_call(const std::string& request_id) {
        (void)request_id;
        return false;
    }
};

}  // namespace mayfly::engine
