#include "engine/outcome_event.hpp"

#include "base/text.hpp"
#include "catalog/destination.hpp"

#include <boost/json.hpp>

namespace mayfly::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kPayloadBytesMax = 256u << 10;

void add_payload(json::object& into, std::string_view name, const std::string& bytes) {
    const auto part = bytes.substr(0, kPayloadBytesMax);
    if (part.size() < bytes.size()) into["payloadCut"] = true;
    if (is_utf8(part)) {
        into[name] = part;
    } else {
        into[name] = base64(part);
        into["payloadEncoding"] = "base64";
    }
}

std::string_view error_type(std::string_view outcome) {
    if (outcome == "ok") return "";
    return outcome == "handled_error" ? "HandledInvocationError" : "UnhandledInvocationError";
}

}  // namespace

std::string story_line(const Attempt& attempt, WallTime again) {
    const auto took = std::chrono::duration<double, std::milli>(attempt.ended - attempt.began);
    json::object line{
        {"at", iso8601_millis(attempt.began)},
        {"ms", static_cast<double>(static_cast<std::int64_t>(took.count() * 10)) / 10},
        {"outcome", attempt.outcome}};
    if (attempt.how != queue::Tried::How::ok) line["what"] = queue::failure_text(attempt.answer);
    if (!attempt.code.empty()) line["code"] = attempt.code;
    if (!attempt.instance_id.empty()) line["instance"] = attempt.instance_id;
    if (attempt.ran) line["cold"] = attempt.cold;
    if (again != WallTime{}) line["next"] = iso8601_millis(again);
    return json::serialize(line);
}

std::string outcome_json(const queue::Event& event, const Attempt& attempt, int attempts,
                         std::string_view condition, std::string_view region) {
    json::object request{{"requestId", event.id},
                         {"functionArn", catalog::function_arn(event.target, region)},
                         {"condition", condition},
                         {"approximateInvokeCount", attempts}};
    json::object response{{"statusCode", attempt.ran ? 200 : 500},
                          {"functionError", attempt.ran ? error_type(attempt.outcome) : ""}};
    json::object body{
        {"timestamp", std::chrono::duration_cast<Millis>(attempt.ended.time_since_epoch()).count()},
        {"requestContext", std::move(request)},
        {"responseContext", std::move(response)}};
    add_payload(body, "requestPayload", event.body);
    add_payload(body, "responsePayload", attempt.answer);
    return json::serialize(body);
}

std::string outcome_mail(const queue::Event& event, std::string_view whom, bool ok,
                         const std::string& outcome) {
    const auto subject = event.target.service + "/" + event.target.function +
                         (ok ? " succeeded" : " failed for good");
    return json::serialize(json::object{{"to", whom},
                                        {"subject", subject},
                                        {"text", "Event " + event.id + "\n\n" + outcome + "\n"}});
}

}  // namespace mayfly::engine
