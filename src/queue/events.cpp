#include "queue/events.hpp"

#include "model/request_id.hpp"

#include <fmt/format.h>

namespace mayfly::queue {

Task<Result<std::string>> Events::accept(Event event) {
    if (event.body.size() > kEventBytesMax)
        co_return fail(
            Kind::invalid,
            fmt::format("payload size exceeds maximum allowed size ({} bytes)", kEventBytesMax),
            "EntityTooLarge");
    if (event.id.empty()) event.id = new_request_id(clock_, rng_);
    auto id = event.id;
    CO_TRYV(co_await queue_.put(to_task(std::move(event), clock_.wall())));
    co_return id;
}

}  // namespace mayfly::queue
