// The Node-API addon `flags`: loading it makes V8 forget the limit of its heap, which the heap of
// this isolate has taken over by then.
//
// Node.js brings its own modules compiled, and V8 takes such code only where its flags are those
// the code was made with (FlagList::Hash() in V8's src/flags/flags.cc). With --max-old-space-size
// each module that is loaded is compiled anew: 3 ms for ours.
#define NAPI_VERSION 8
#include <node_api.h>

namespace v8 {
// As V8's include/v8-initialization.h has it; the node program brings it.
class V8 {
public:
    static void SetFlagsFromString(const char* flags);
};
}  // namespace v8

NAPI_MODULE_INIT() {
    v8::V8::SetFlagsFromString("--max-old-space-size=0");  // its default
    return exports;
}
