#include "sandbox/commands.hpp"

#include <unistd.h>

namespace mayfly::sandbox {

namespace {

constexpr std::int64_t kMemoryMax = 32768ll << 20;  // the largest function's

const char* interpreter(Language language) {
    switch (language) {
        case Language::python: return "/usr/bin/python3";
        case Language::nodejs: return "/usr/bin/node";
        case Language::java: return "/usr/lib/jvm/java-17-openjdk-amd64/bin/java";
        case Language::custom: break;  // its program is the function's own
    }
    return "";
}

std::vector<std::string> usual_environment() {
    return {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8"};
}

// V8 thinks that the machine's memory is its own. A quarter stays for the young generation and for
// all that is not on its heap.
std::string old_space(const Limits& limits) {
    return "--max-old-space-size=" + std::to_string((limits.memory_bytes >> 20) * 3 / 4);
}

// The archive of classes (runtimes/java/CMakeLists.txt) serves a JVM only under the class path it
// was made with, word for word. It was made elsewhere: hence a path that is right from /code, from
// / and from where it was made.
constexpr auto kJavaClassPath =
    "../rt/java/mayfly.jar:../rt/java/jackson-core.jar:../rt/java/jackson-annotations.jar:"
    "../rt/java/jackson-databind.jar:../rt/java/servlet-api.jar";

// The smallest function's heap is larger. Java's own choice is a share of the machine's memory.
constexpr auto kJavaHeapAtFirst = "-Xms24m";

// One compiler, for it starts sooner; the archive of classes is in runtimes/java/CMakeLists.txt.
Command java(std::int64_t heap_bytes, std::vector<std::string> collector, const char* program) {
    std::vector<std::string> words = {interpreter(Language::java),
                                      "-Xmx" + std::to_string(heap_bytes >> 20) + "m",
                                      kJavaHeapAtFirst,
                                      "-XX:TieredStopAtLevel=1",
                                      "-XX:-UsePerfData",
                                      "-Xshare:auto",
                                      "-XX:SharedArchiveFile=/rt/java/mayfly.jsa",
                                      "-Duser.dir=/code",
                                      "-Djava.library.path=/code:/code/lib:/opt/lib:/usr/local/lib",
                                      "-cp",
                                      kJavaClassPath};
    words.insert(words.begin() + 1, collector.begin(), collector.end());
    words.emplace_back(program);
    return {words, usual_environment()};
}

// The serial collector has no threads to park, and its heap can be limited in a child
// (runtimes/java/heap_limit.hpp). What is called 128 times is compiled, not 256 times: so the
// path of a first call is long before there is a child, in half the rehearsals.
Command java_zygote(const char* rights) {
    auto command = java(
        java_heap_bytes(kMemoryMax),
        {"-XX:+UseSerialGC", "-XX:Tier0InvokeNotifyFreqLog=6", "-XX:Tier3InvocationThreshold=100"},
        "mayfly.shim.Zygote");
    command.words.emplace_back(rights);
    return command;
}

// G1 alone takes the objects of the archive as they are, and so starts 8 ms sooner.
Command java_shim(std::int64_t memory_bytes) {
    return java(java_heap_bytes(memory_bytes),
                {"-XX:+UseG1GC", "-XX:ParallelGCThreads=1", "-XX:ConcGCThreads=1"},
                "mayfly.shim.Main");
}

}  // namespace

std::int64_t java_heap_bytes(std::int64_t memory_bytes) {
    return memory_bytes / 4 * 3 - (16ll << 20);
}

std::vector<Language> languages_here() {
    std::vector<Language> found;
    for (const auto language : {Language::python, Language::nodejs, Language::java})
        if (::access(interpreter(language), X_OK) == 0) found.push_back(language);
    found.push_back(Language::custom);
    return found;
}

bool has_zygote(Language language) { return language != Language::custom; }

Command zygote_command(Language language, bool rootless) {
    const char* const rights = rootless ? "rootless" : "root";
    switch (language) {
        case Language::python: {
            // Else each child would look up the functions that its parent had no use for.
            auto environment = usual_environment();
            environment.emplace_back("LD_BIND_NOW=1");
            return {{interpreter(language), "-I", "/rt/python/zygote.py", rights}, environment};
        }
        case Language::nodejs: {
            // Each thread is parked and revived around a fork: few are forked sooner. V8's memory
            // reducer would collect each idle child's heap 8 s later, and so copy what it shares
            // with its siblings: 2 MiB would become 6. preload.so is said in its source.
            auto environment = usual_environment();
            environment.emplace_back("LD_PRELOAD=/rt/nodejs/preload.so");
            return {{interpreter(language), "--v8-pool-size=1", "--no-memory-reducer",
                     "/rt/nodejs/zygote.js", rights},
                    environment};
        }
        case Language::java: return java_zygote(rights);
        case Language::custom: break;
    }
    return {};
}

Command shim_command(const Spec& spec) {
    switch (spec.language) {
        case Language::python:
            return {{interpreter(spec.language), "-I", "/rt/python/main.py"}, usual_environment()};
        case Language::nodejs:
            return {{interpreter(spec.language), old_space(spec.limits), "/rt/nodejs/main.js"},
                    usual_environment()};
        case Language::java: return java_shim(spec.limits.memory_bytes);
        case Language::custom: return {{"/rt/custom/shim"}, usual_environment()};
    }
    return {};
}

void execute(const Command& command) {
    const auto pointers = [](const std::vector<std::string>& words) {
        std::vector<char*> out;
        for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
        out.push_back(nullptr);
        return out;
    };
    ::execve(command.words.front().c_str(), pointers(command.words).data(),
             pointers(command.environment).data());
}

}  // namespace mayfly::sandbox
