// Bodies of create and update calls: read or refused with a sentence, never a crash.
#include "base/check.hpp"
#include "door/fc_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto service = mayfly::door::read_service(body);
    CHECK(service || !service.error().what.empty());
    const auto function = mayfly::door::read_function(body);
    CHECK(function || !function.error().what.empty());
    const auto layer = mayfly::door::read_layer(body);
    CHECK(layer || !layer.error().what.empty());
    return 0;
}
