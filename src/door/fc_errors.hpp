// Errors on FC's wire, API 2016-08-15: {"ErrorCode": …, "ErrorMessage": …} and a status. Pure.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "model/request_id.hpp"

#include <string>

namespace mayfly::door {

// The header every FC response carries.
inline constexpr const char* request_id_header = "X-Fc-Request-Id";

// FC's name for the error: its code if it has one, else what its kind is called there.
std::string fc_code(const Error& error);

// By the code where FC gives it a status of its own (PreconditionFailed 412, …), else by the kind.
int fc_status(const Error& error);

// The whole response. Of an internal error the caller learns the request id, not the details: those
// are for our log.
Response fc_error(const Error& error, const std::string& request_id);

}  // namespace mayfly::door
