#include "engine/course_of.hpp"

namespace mayfly::engine {

namespace {

constexpr Millis kWorthTelling{1};  // of waiting

}  // namespace

std::string_view cause_of(int workers) {
    return workers == 0 ? "no worker of this revision was there"
                        : "every worker of this revision was busy";
}

Course course_of(const CallTimes& t, std::string_view cause, const workers::Birth* birth) {
    if (!birth) {
        if (t.begun - t.came < kWorthTelling) return {};
        return {Origin::warm, cause, phases_of(t.came, {{"wait", t.begun}, {"run", t.ended}})};
    }
    const bool parked = birth->origin == Origin::parked;
    const auto cloned = birth->cloned < birth->loading ? birth->cloned : Time{};
    return {birth->origin, cause,
            phases_of(t.came, {{"wait for a place", birth->ordered},
                               {"order", birth->order_came},
                               {"clone", cloned},
                               {parked             ? "hand over"
                                : birth->was_empty ? "start"
                                                   : "sandbox",
                                birth->loading},
                               {"load", birth->loaded},
                               {"initializer", t.initialized},
                               {birth->loaded == Time{} ? "load and run" : "run", t.ended}})};
}

}  // namespace mayfly::engine
