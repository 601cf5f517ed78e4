#include "objects/reading.hpp"

namespace mayfly::objects {

Task<Result<std::string>> Reading::next() {
    if (!body_->blocks()) co_return body_->next();
    co_return co_await io::blocking(pool_, [body = body_] { return body->next(); });
}

}  // namespace mayfly::objects
