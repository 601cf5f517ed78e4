#include "heap_limit.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

namespace mayfly::java {

namespace {

constexpr std::int64_t kAlignment = 1 << 20;  // a multiple of what HotSpot aligns generations to

template <class T>
T& at(char* place, std::uint64_t offset) {
    return *reinterpret_cast<T*>(place + offset);
}

// A variable that HotSpot exports; zero if it does not.
template <class T>
T exported(const char* name) {
    const void* const place = ::dlsym(RTLD_DEFAULT, name);
    return place ? *static_cast<const T*>(place) : T{};
}

// HotSpot's table of its fields, in vmStructs.hpp of its source; the table says its own layout too.
class Fields {
public:
    // Where `field` lies in an object of class `type`, or in memory if it is static; `found` turns
    // false if there is none.
    std::uint64_t operator()(const char* type, const char* field) {
        for (char* entry = table_; entry && stride_ > 0; entry += stride_) {
            const auto* const name = at<const char*>(entry, type_name_);
            if (!name) break;
            if (std::strcmp(name, type) != 0 ||
                std::strcmp(at<const char*>(entry, field_name_), field) != 0)
                continue;
            return at<std::int32_t>(entry, is_static_) ? at<std::uint64_t>(entry, address_)
                                                       : at<std::uint64_t>(entry, offset_);
        }
        found = false;
        return 0;
    }

    bool found = true;

private:
    char* table_ = exported<char*>("gHotSpotVMStructs");
    std::uint64_t stride_ = exported<std::uint64_t>("gHotSpotVMStructEntryArrayStride");
    std::uint64_t type_name_ = exported<std::uint64_t>("gHotSpotVMStructEntryTypeNameOffset");
    std::uint64_t field_name_ = exported<std::uint64_t>("gHotSpotVMStructEntryFieldNameOffset");
    std::uint64_t is_static_ = exported<std::uint64_t>("gHotSpotVMStructEntryIsStaticOffset");
    std::uint64_t offset_ = exported<std::uint64_t>("gHotSpotVMStructEntryOffsetOffset");
    std::uint64_t address_ = exported<std::uint64_t>("gHotSpotVMStructEntryAddressOffset");
};

}  // namespace

std::optional<HeapBounds> HeapBounds::find() {
    Fields fields;
    const auto heap_place = fields("Universe", "_collectedHeap");
    const auto young = fields("GenCollectedHeap", "_young_gen");
    const auto old = fields("GenCollectedHeap", "_old_gen");
    const auto space = fields("Generation", "_virtual_space");
    const auto low = space + fields("VirtualSpace", "_low_boundary");
    const auto high = space + fields("VirtualSpace", "_high");
    const auto high_boundary = space + fields("VirtualSpace", "_high_boundary");
    const auto words = fields("Generation", "_reserved") + fields("MemRegion", "_word_size");
    if (!fields.found) return {};
    auto* const heap = *reinterpret_cast<char**>(heap_place);
    const auto generation = [&](std::uint64_t place) {
        auto* const it = at<char*>(heap, place);
        return Generation{.end = &at<char*>(it, high_boundary),
                          .committed_end = &at<char*>(it, high),
                          .begin = &at<char*>(it, low),
                          .words = &at<std::size_t>(it, words)};
    };
    return HeapBounds(generation(young), generation(old));
}

void HeapBounds::Generation::limit(std::int64_t bytes) const {
    const auto size =
        std::clamp(bytes / kAlignment * kAlignment, *committed_end - *begin, *end - *begin);
    *end = *begin + size;
    *words = static_cast<std::size_t>(size) / sizeof(void*);
}

void HeapBounds::limit(std::int64_t bytes) const {
    young_.limit(bytes / 3);  // HotSpot's own share: NewRatio is 2
    old_.limit(bytes - bytes / 3);
}

}  // namespace mayfly::java
