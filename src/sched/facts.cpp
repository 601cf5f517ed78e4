#include "sched/facts.hpp"

#include "base/check.hpp"

#include <cstdlib>

namespace mayfly::sched {

std::string_view to_text(Why why) {
    switch (why) {
        case Why::full: return "too many calls of this function wait already";
        case Why::tenant_full: return "too many calls of this account wait already";
        case Why::late: return "no worker became free in time";
        case Why::lost: return "the worker ended while it ran the call";
        case Why::start_failed: return "no worker could be started";
        case Why::too_big: return "the function asks for more memory than this machine gives";
        case Why::withdrawn: return "its caller went away";
        case Why::none_allowed: return "the function's maximum of instances is 0";
    }
    std::abort();
}

std::string_view to_text(Hold hold) {
    switch (hold) {
        case Hold::nothing: return "nothing to wait for";
        case Hold::soon: return "a busy worker is about to be free";
        case Hold::starting: return "a worker is starting";
        case Hold::function_limit: return "the function is at its limit of workers";
        case Hold::account_limit: return "the account is at its limit of workers";
        case Hold::house_full: return "the machine is at its limit of workers or memory";
    }
    std::abort();
}

}  // namespace mayfly::sched
