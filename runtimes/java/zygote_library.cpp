// The native methods of mayfly.shim.Native: the zygote loop of src/sandbox with the care HotSpot
// needs around a fork, and what else Java cannot do by itself.
#include "heap_limit.hpp"
#include "sandbox/commands.hpp"
#include "sandbox/threaded_zygote.hpp"

#include <fcntl.h>
#include <jni.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace sandbox = mayfly::sandbox;

void raise(JNIEnv* env, const char* what) {
    env->ThrowNew(env->FindClass("java/io/IOException"), what);
}

// What ::environ points into, replaced as a whole: by each rehearsal, and then for the function.
struct Environment {
    std::vector<std::string> variables;
    std::vector<char*> list;

    void replace(JNIEnv* env, jobjectArray wanted) {
        const auto count = env->GetArrayLength(wanted);
        variables.resize(static_cast<std::size_t>(count));
        list.clear();
        for (jsize n = 0; n < count; ++n) {
            const auto bytes = static_cast<jbyteArray>(env->GetObjectArrayElement(wanted, n));
            auto& variable = variables[static_cast<std::size_t>(n)];
            variable.resize(static_cast<std::size_t>(env->GetArrayLength(bytes)));
            env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(variable.size()),
                                    reinterpret_cast<jbyte*>(variable.data()));
            list.push_back(variable.data());
        }
        list.push_back(nullptr);
        ::environ = list.data();
    }
};

// Where Java keeps a seed that was drawn when its class was loaded, and so before the fork: as a
// static AtomicLong.
constexpr const char* kSeeds[][2] = {{"java/util/concurrent/ThreadLocalRandom", "seeder"},
                                     {"java/util/SplittableRandom", "defaultGen"},
                                     {"java/util/Random", "seedUniquifier"}};

// Found in the parent, so that a child only writes.
class Seeds {
public:
    explicit Seeds(JNIEnv* env) : env_(env) {
        constexpr auto type = "Ljava/util/concurrent/atomic/AtomicLong;";
        for (std::size_t n = 0; n < std::size(kSeeds); ++n) {
            const auto owner = env->FindClass(kSeeds[n][0]);
            const auto field = owner ? env->GetStaticFieldID(owner, kSeeds[n][1], type) : nullptr;
            if (!field) return;  // a Java that keeps it elsewhere: the exception says which
            seeds_[n] = env->GetStaticObjectField(owner, field);
        }
        set_ = env->GetMethodID(env->FindClass("java/util/concurrent/atomic/AtomicLong"), "set",
                                "(J)V");
        const auto thread = env->FindClass("java/lang/Thread");
        probe_ = env->GetFieldID(thread, "threadLocalRandomProbe", "I");
        self_ = env->CallStaticObjectMethod(
            thread, env->GetStaticMethodID(thread, "currentThread", "()Ljava/lang/Thread;"));
    }

    // In a child: draws anew. A thread whose probe is 0 takes its own seed from the first of them.
    void draw() {
        jlong fresh[std::size(kSeeds)];
        if (::getrandom(fresh, sizeof fresh, 0) != sizeof fresh) ::_exit(11);
        for (std::size_t n = 0; n < std::size(kSeeds); ++n)
            env_->CallVoidMethod(seeds_[n], set_, fresh[n]);
        env_->SetIntField(self_, probe_, 0);
    }

private:
    JNIEnv* env_;
    jobject seeds_[std::size(kSeeds)]{};
    jobject self_ = nullptr;
    jmethodID set_ = nullptr;
    jfieldID probe_ = nullptr;
};

// First asked for by the parent's rehearsals; there is one heap in a process.
const std::optional<mayfly::java::HeapBounds>& heap_bounds() {
    static const auto bounds = mayfly::java::HeapBounds::find();
    return bounds;
}

}  // namespace

extern "C" {

JNIEXPORT jobject JNICALL Java_mayfly_shim_Native_descriptor(JNIEnv* env, jclass, jint number) {
    const auto type = env->FindClass("java/io/FileDescriptor");
    const auto made = env->NewObject(type, env->GetMethodID(type, "<init>", "()V"));
    env->SetIntField(made, env->GetFieldID(type, "fd", "I"), number);
    return made;
}

JNIEXPORT jintArray JNICALL Java_mayfly_shim_Native_pipe(JNIEnv* env, jclass) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_DIRECT) != 0) {
        raise(env, std::strerror(errno));
        return nullptr;
    }
    const auto both = env->NewIntArray(2);
    env->SetIntArrayRegion(both, 0, 2, ends);
    return both;
}

JNIEXPORT void JNICALL Java_mayfly_shim_Native_close(JNIEnv*, jclass, jint descriptor) {
    ::close(descriptor);
}

JNIEXPORT void JNICALL Java_mayfly_shim_Native_enter(JNIEnv* env, jclass, jobjectArray variables,
                                                     jstring folder) {
    static auto& environment = *new Environment;  // outlives whoever asks for it
    environment.replace(env, variables);
    const char* const path = env->GetStringUTFChars(folder, nullptr);
    const bool entered = ::chdir(path) == 0;
    env->ReleaseStringUTFChars(folder, path);
    if (!entered) raise(env, "the folder of the code cannot be entered");
}

JNIEXPORT jboolean JNICALL Java_mayfly_shim_Native_serve(JNIEnv* env, jclass, jboolean rootless) {
    auto host = sandbox::inherit_host(rootless != JNI_FALSE);
    if (!host) {
        raise(env, host.error().what.c_str());
        return JNI_FALSE;
    }
    Seeds seeds(env);
    if (env->ExceptionCheck()) return JNI_FALSE;
    const auto spec = sandbox::serve_orders_with_threads(*std::move(host), {});
    seeds.draw();
    return spec.parked ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT void JNICALL Java_mayfly_shim_Native_limitHeap(JNIEnv*, jclass, jint megabytes) {
    if (const auto& bounds = heap_bounds())
        bounds->limit(sandbox::java_heap_bytes(std::int64_t{megabytes} << 20));
}

}  // extern "C"
