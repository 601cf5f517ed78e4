#include "door/objects_upkeep.hpp"

namespace mayfly::door {

Task<Result<boost::json::object>> ObjectsUpkeep::answer(const Request& request, AccountId account) {
    if (account != root_)
        co_return fail(Kind::denied, "the store's upkeep is the root account's", "AccessDenied");
    if (request.method == "GET" && request.path == "/mayfly/v1/objects")
        co_return boost::json::object{{"replica", store_.replica()}, {"copy", copy_()}};
    if (request.method == "POST" && request.path == "/mayfly/v1/objects/scrub")
        co_return co_await scrub();
    co_return fail(Kind::invalid,
                   "GET /mayfly/v1/objects and POST /mayfly/v1/objects/scrub are served",
                   "PathNotSupported");
}

Task<Result<boost::json::object>> ObjectsUpkeep::scrub() {
    if (scrubs_)
        co_return fail(Kind::conflict, "a scrub is under way; wait for its end", "ScrubRuns");
    scrubs_ = true;
    const auto done = co_await store_.scrub(timers_);
    scrubs_ = false;
    if (!done) co_return Failure(done.error());
    co_return boost::json::object{
        {"bodies", done->bodies}, {"damaged", done->damaged}, {"mended", done->mended}};
}

}  // namespace mayfly::door
