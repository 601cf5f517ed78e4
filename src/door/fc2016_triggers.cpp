// Triggers.
#include "door/fc2016_asked.hpp"
#include "door/fc_json.hpp"

#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

Fc2016::Answer Fc2016::create_trigger(const Asked& asked) {
    CO_TRY(auto input, read_trigger(asked.request.body));
    CO_TRY(const auto made,
           co_await catalog_.create_trigger(asked.account, asked.service, asked.function,
                                            input.name, std::move(input.change)));
    co_return json_response(shown(asked, made), made.etag);
}

Fc2016::Answer Fc2016::get_trigger(const Asked& asked) {
    CO_TRY(const auto trigger,
           catalog_.trigger(asked.account, asked.service, asked.function, asked.item));
    co_return json_response(shown(asked, trigger), trigger.etag);
}

Fc2016::Answer Fc2016::list_triggers(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    CO_TRY(const auto page, catalog_.triggers(asked.account, asked.service, asked.function, query));
    json::array all;
    for (const auto& trigger : page.items) all.push_back(shown(asked, trigger));
    json::object body{{"triggers", std::move(all)}, {"nextToken", nullptr}};
    if (!page.next_token.empty()) body["nextToken"] = page.next_token;
    co_return json_response(body);
}

Fc2016::Answer Fc2016::update_trigger(const Asked& asked) {
    CO_TRY(auto input, read_trigger(asked.request.body));
    CO_TRY(const auto next,
           co_await catalog_.update_trigger(asked.account, asked.service, asked.function,
                                            asked.item, std::move(input.change),
                                            std::string(asked.request.headers.get("If-Match"))));
    co_return json_response(shown(asked, next), next.etag);
}

Fc2016::Answer Fc2016::delete_trigger(const Asked& asked) {
    CO_TRYV(co_await catalog_.delete_trigger(asked.account, asked.service, asked.function,
                                             asked.item,
                                             std::string(asked.request.headers.get("If-Match"))));
    co_return no_content();
}

json::object Fc2016::shown(const Asked& asked, const Trigger& trigger) const {
    return to_json(trigger, options_.region, reached_at(asked.request, api_url_));
}

}  // namespace mayfly::door
