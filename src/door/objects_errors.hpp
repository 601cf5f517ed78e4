// Errors of the object store in the words of each dialect: S3's and OSS's codes, statuses and XML.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "door/objects_asked.hpp"

#include <string>

namespace mayfly::door {

int objects_status(const Error& error);

// {Code, Message, RequestId, …}; a HEAD gets the header alone, OSS's with the XML in x-oss-err.
Response objects_error(const Error& error, const ObjectsAsked& asked, const Request& request);

}  // namespace mayfly::door
