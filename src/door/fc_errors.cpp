#include "door/fc_errors.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <array>

namespace mayfly::door {

namespace {

struct ByKind {
    int status;
    const char* code;
};

// In the order of Kind.
constexpr std::array<ByKind, 9> kinds = {{
    {400, "InvalidArgument"},
    {403, "AccessDenied"},
    {404, "ResourceNotFound"},
    {409, "ConcurrentUpdateError"},
    {429, "ResourceExhausted"},
    {504, "InvocationTimeout"},
    {503, "ServiceUnavailable"},
    {502, "BadResponse"},
    {500, "InternalServerError"},
}};

// Codes whose status differs from their kind's.
struct ByCode {
    const char* code;
    int status;
};
constexpr ByCode codes[] = {
    {"PreconditionFailed", 412}, {"ServiceNotEmpty", 412},        {"FunctionNotEmpty", 412},
    {"CAExited", 412},           {"CAFileNotFound", 412},         {"CAFilePermission", 412},
    {"FunctionNotStarted", 412}, {"AsyncInvocationStopped", 412},
};

const ByKind& of(Kind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::string fc_code(const Error& error) {
    if (error.kind == Kind::internal || error.code.empty()) return of(error.kind).code;
    return error.code;
}

int fc_status(const Error& error) {
    for (const auto& [code, status] : codes)
        if (error.code == code) return status;
    return of(error.kind).status;
}

Response fc_error(const Error& error, const std::string& request_id) {
    const bool ours = error.kind == Kind::internal;
    const auto what =
        ours ? fmt::format(
                   "an internal error has occurred; the server's log names its cause under "
                   "the request id {}",
                   request_id)
             : error.what;
    Response response;
    response.status = fc_status(error);
    response.headers.add("Content-Type", "application/json");
    response.headers.add(request_id_header, request_id);
    if (error.kind == Kind::busy || error.kind == Kind::unavailable)
        response.headers.add("Retry-After", "1");
    response.body = boost::json::serialize(
        boost::json::object{{"ErrorCode", fc_code(error)}, {"ErrorMessage", what}});
    return response;
}

}  // namespace mayfly::door
