// What this store does not do and clients may ask for by a header or a parameter: it is refused,
// for who asks for encryption and gets none believes that he has it. Pure.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "door/objects_asked.hpp"

namespace mayfly::door {

// invalid (NotImplemented): the request asks for callbacks, image processing, encryption, another
// storage class, object lock, a redirect or grants to single users. The sentence names the header
// or parameter.
Result<void> refuse_what_is_not_done(const Request& request, const ObjectsAsked& asked);

}  // namespace mayfly::door
