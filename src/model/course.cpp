#include "model/course.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <iterator>

namespace mayfly {

namespace json = boost::json;

std::string_view to_text(Origin origin) {
    switch (origin) {
        case Origin::warm: return "warm";
        case Origin::parked: return "parked";
        case Origin::forked: return "forked";
        case Origin::executed: return "executed";
    }
    return "";
}

std::string to_json(const Course& course) {
    auto out = fmt::format(R"({{"origin":"{}","cause":{},"phases":[)", to_text(course.origin),
                           json::serialize(course.cause));
    for (std::string_view comma; const auto& phase : course.phases) {
        fmt::format_to(std::back_inserter(out), R"({}{{"name":"{}","us":{}}})", comma, phase.name,
                       phase.took.count());
        comma = ",";
    }
    return out += "]}";
}

std::vector<Phase> phases_of(Time came, std::initializer_list<Moment> moments) {
    std::vector<Phase> phases;
    Time last = came;
    for (const auto& moment : moments) {
        if (moment.when <= last) continue;
        phases.push_back({moment.before, moment.when - last});
        last = moment.when;
    }
    return phases;
}

}  // namespace mayfly
