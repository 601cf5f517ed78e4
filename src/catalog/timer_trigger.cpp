#include "catalog/timer_trigger.hpp"

#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr std::size_t kPayloadBytesMax = 16u << 10;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

}  // namespace

Result<TimerConfig> read_timer_config(std::string_view config) {
    boost::system::error_code error;
    const auto root = json::parse(config, error);
    if (error || !root.is_object()) return refuse("triggerConfig must be an object");
    const Fields fields(root.get_object(), "triggerConfig.");
    TRY(const auto expression, fields.text("cronExpression"));
    if (!expression)
        return refuse(
            "triggerConfig.cronExpression is missing, such as '0 0 4 * * *' for each day "
            "at 04:00 UTC");
    TRY(auto schedule, cron::Schedule::parse(*expression));
    TRY(const auto payload, fields.text("payload"));
    if (payload && payload->size() > kPayloadBytesMax)
        return refuse(fmt::format("triggerConfig.payload has {} bytes; it may have {}",
                                  payload->size(), kPayloadBytesMax));
    TRY(const auto enabled, fields.boolean("enable"));
    return TimerConfig{.expression = *expression,
                       .schedule = std::move(schedule),
                       .payload = payload.value_or(""),
                       .enabled = enabled.value_or(true)};
}

std::string timer_config(const TimerConfig& config) {
    return json::serialize(json::object{{"cronExpression", config.expression},
                                        {"payload", config.payload},
                                        {"enable", config.enabled}});
}

}  // namespace mayfly::catalog
