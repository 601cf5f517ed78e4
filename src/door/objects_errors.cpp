#include "door/objects_errors.hpp"

#include "base/text.hpp"
#include "door/xml_text.hpp"

#include <algorithm>
#include <array>

namespace mayfly::door {

namespace {

struct Known {
    std::string_view code;
    int status;
};
// Where the kind alone does not say it.
constexpr std::array kKnown = std::to_array<Known>({
    {"PreconditionFailed", 412},
    {"InvalidRange", 416},
    {"MethodNotAllowed", 405},
    {"NotImplemented", 501},
    {"MissingContentLength", 411},
});

int status_of(Kind kind) {
    switch (kind) {
        case Kind::invalid: return 400;
        case Kind::denied: return 403;
        case Kind::not_found: return 404;
        case Kind::conflict: return 409;
        case Kind::busy:
        case Kind::unavailable: return 503;
        case Kind::timed_out: return 504;
        case Kind::failed: return 502;
        case Kind::internal: return 500;
    }
    return 500;
}

std::string code_of(const Error& error, Dialect dialect) {
    if (dialect == Dialect::oss && error.code == "KeyTooLongError") return "InvalidObjectName";
    if (dialect == Dialect::oss && error.code == "InvalidPartNumber") return "InvalidArgument";
    if (!error.code.empty() && error.code != "ObjectDamaged") return error.code;
    switch (error.kind) {
        case Kind::invalid: return "InvalidArgument";
        case Kind::denied: return "AccessDenied";
        case Kind::not_found: return "NoSuchKey";
        case Kind::conflict: return "OperationAborted";
        case Kind::busy: return "SlowDown";
        case Kind::unavailable: return "ServiceUnavailable";
        default: return "InternalError";
    }
}

}  // namespace

int objects_status(const Error& error) {
    const auto at = std::ranges::find(kKnown, error.code, &Known::code);
    return at == kKnown.end() ? status_of(error.kind) : at->status;
}

Response objects_error(const Error& error, const ObjectsAsked& asked, const Request& request) {
    const auto code = code_of(error, asked.dialect);
    XmlText xml("Error", "");
    xml.add("Code", code).add("Message", error.what);
    if (asked.oss()) {
        xml.add("RequestId", asked.request_id).add("HostId", request.headers.get("Host"));
        xml.add("EC", "0000-00000000");
    } else {
        xml.add("Resource", percent_decode(request.path)).add("RequestId", asked.request_id);
    }
    Response response{.status = objects_status(error), .body = xml.end()};
    if (error.kind == Kind::busy) response.headers.add("Retry-After", "1");
    response.headers.add("Content-Type", "application/xml");
    if (asked.oss() && request.method == "HEAD")
        response.headers.add("x-oss-err", base64(response.body));
    return response;
}

}  // namespace mayfly::door
