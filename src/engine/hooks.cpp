#include "engine/hooks.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <utility>

namespace mayfly::engine {

using workers::Hook;

namespace {

const LifecycleHook& one_of(const FunctionSpec& spec, Hook hook) {
    return hook == Hook::pre_freeze ? spec.pre_freeze : spec.pre_stop;
}

bool has(const FunctionSpec& spec, Hook hook) { return !one_of(spec, hook).handler.empty(); }

}  // namespace

Seconds limit_of(const FunctionSpec& spec, Hook hook) { return one_of(spec, hook).timeout; }

Hooks::Step Hooks::freeze(const FunctionSpec& spec) {
    CHECK(!running_);  // the scheduler freezes a worker once, until its next call
    if (!worked_ || !has(spec, Hook::pre_freeze)) return Step::freeze;
    running_ = Hook::pre_freeze;
    return Step::run;
}

Hooks::Step Hooks::stop(const FunctionSpec& spec) {
    stopping_ = true;
    if (running_) return Step::wait;
    if (!worked_ || !has(spec, Hook::pre_stop)) return Step::stop;
    running_ = Hook::pre_stop;
    return Step::run;
}

Hooks::Step Hooks::ended(const FunctionSpec& spec) {
    const auto ran = std::exchange(running_, {});
    if (ran == Hook::pre_stop) return Step::stop;
    if (stopping_) return stop(spec);
    return held_.empty() ? Step::freeze : Step::resume;
}

bool Hooks::hold(const sched::RunCall& order) {
    const bool held = running_ || (in_parts_ && order.ahead);
    if (held) held_.push_back(order);
    return held;
}

std::vector<sched::RunCall> Hooks::parts_ended() {
    in_parts_ = false;
    return take_held();
}

bool Hooks::let_go(CallId call) {
    return std::erase_if(held_, [&](const auto& order) { return order.call == call; }) > 0;
}

std::vector<sched::RunCall> Hooks::take_held() { return std::exchange(held_, {}); }

}  // namespace mayfly::engine
