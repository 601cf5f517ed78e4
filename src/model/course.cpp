#include "model/course.hpp"

#include <boost/json.hpp>

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
    json::array phases;
    for (const auto& phase : course.phases)
        phases.push_back({{"name", phase.name}, {"us", phase.took.count()}});
    return json::serialize(json::object{{"origin", to_text(course.origin)},
                                        {"cause", course.cause},
                                        {"phases", std::move(phases)}});
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
