#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include "plugs.hpp"

#include <Python.h>
#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace mayfly::python {

namespace {

constexpr std::size_t kStep = 16;           // bytes between two sizes, with both allocators
constexpr std::size_t kSmallMax = 512;      // bytes: what CPython takes from its pools
constexpr std::size_t kCachedMax = 1040;    // bytes: what malloc keeps lists of, by size
constexpr std::size_t kLargest = 64 << 10;  // bytes: larger holes are none to speak of
constexpr int kBlocksMax = 4096;            // of one size
constexpr int kUntouched = 4;               // so many blocks in a row: a pool that nobody used yet

void plug_heap(std::size_t size, std::uintptr_t top) {
    for (int i = 0; i < kBlocksMax; ++i) {
        void* const block = std::malloc(size);
        if (reinterpret_cast<std::uintptr_t>(block) < top) continue;
        std::free(block);
        return;
    }
}

void plug_pools(std::size_t size) {
    std::uintptr_t last = 0;
    for (int i = 0, in_a_row = 0; i < kBlocksMax && in_a_row < kUntouched; ++i) {
        const auto block = reinterpret_cast<std::uintptr_t>(PyObject_Malloc(size));
        in_a_row = block == last + size ? in_a_row + 1 : 0;
        last = block;
    }
}

}  // namespace

void plug_holes() {
    for (std::size_t size = kStep; size <= kSmallMax; size += kStep) plug_pools(size);
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
    const auto top = end - ::mallinfo2().keepcost;
    for (std::size_t size = kLargest; size > kCachedMax; size /= 2) plug_heap(size, top);
    for (std::size_t size = kCachedMax; size >= kStep; size -= kStep) plug_heap(size, top);
}

}  // namespace mayfly::python
