// The walk of one call, from a caller already trusted to an answer: route, admit, run, count.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"
#include "model/call.hpp"

namespace mayfly::engine {

class Invoker {
public:
    virtual ~Invoker() = default;

    // Runs the call on the loop thread and returns its reply, whatever the function did: a function
    // that failed is a Reply with its outcome, not an Error. Errors are the platform's:
    // not_found (ServiceNotFound, FunctionNotFound), busy (ResourceExhausted: a limit was hit),
    // invalid, unavailable (no sandbox could be made), internal.
    virtual Task<Result<Reply>> invoke(Call call) = 0;
};

}  // namespace mayfly::engine
