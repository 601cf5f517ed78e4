// Bodies of create and update calls: read or refused with a sentence, never a crash.
#include "base/check.hpp"
#include "catalog/http_trigger.hpp"
#include "door/fc_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto service = mayfly::door::read_service(body);
    CHECK(service || !service.error().what.empty());
    const auto function = mayfly::door::read_function(body);
    CHECK(function || !function.error().what.empty());
    const auto layer = mayfly::door::read_layer(body);
    CHECK(layer || !layer.error().what.empty());
    const auto trigger = mayfly::door::read_trigger(body);
    CHECK(trigger || !trigger.error().what.empty());
    if (!trigger || !trigger->change.config) return 0;
    // What is kept of a configuration is read again at every start.
    const auto access = mayfly::catalog::read_http_config(*trigger->change.config);
    if (!access) return 0;
    CHECK(mayfly::catalog::read_http_config(mayfly::catalog::http_config(*access)) == *access);
    return 0;
}
