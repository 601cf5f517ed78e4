// The heap of a HotSpot that forks: reserved once, for the largest function, and limited in each
// child.
//
// HotSpot fixes the maximum when it starts; it has no call to lower it. But it publishes where its
// structures keep what (gHotSpotVMStructs, for debuggers such as its own serviceability agent), and
// the serial collector's old generation asks its own record how far it may grow. Lowering that
// record is what a smaller -Xmx would have written there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mayfly::java {

// Where this process's heap keeps how far it may grow. Found in the warmed parent, for a child
// would read all of the table first: a tenth of a millisecond.
class HeapBounds {
public:
    // Nothing if this HotSpot does not publish what is needed: then the memory cgroup alone is the
    // limit.
    static std::optional<HeapBounds> find();

    // Lets the heap of this process grow to `bytes` and no further. Not less than it holds already.
    void limit(std::int64_t bytes) const;

private:
    struct Generation {  // each a place in HotSpot's own records
        char** end;      // of what it may commit
        char* const* committed_end;
        char* const* begin;
        std::size_t* words;  // of what was reserved for it; Runtime.maxMemory() adds these up

        void limit(std::int64_t bytes) const;
    };

    HeapBounds(Generation young, Generation old) : young_(young), old_(old) {}

    Generation young_, old_;
};

}  // namespace mayfly::java
