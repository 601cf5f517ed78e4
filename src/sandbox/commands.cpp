#include "sandbox/commands.hpp"

#include <unistd.h>

namespace mayfly::sandbox {

namespace {

const char* interpreter(Language language) {
    switch (language) {
        case Language::python: return "/usr/bin/python3";
        case Language::nodejs: return "/usr/bin/node";
        case Language::java: return "/usr/bin/java";
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

}  // namespace

std::vector<Language> languages_here() {
    std::vector<Language> found;
    for (const auto language : {Language::python, Language::nodejs})
        if (::access(interpreter(language), X_OK) == 0) found.push_back(language);
    found.push_back(Language::custom);
    return found;
}

bool has_zygote(Language language) {
    return language == Language::python || language == Language::nodejs;
}

Command zygote_command(Language language, bool rootless) {
    const char* const rights = rootless ? "rootless" : "root";
    switch (language) {
        case Language::python:
            return {{interpreter(language), "-I", "/rt/python/zygote.py", rights},
                    usual_environment()};
        case Language::nodejs: {
            // Each thread is parked and revived around a fork: few are forked sooner. preload.so
            // is said in its source.
            auto environment = usual_environment();
            environment.emplace_back("LD_PRELOAD=/rt/nodejs/preload.so");
            return {{interpreter(language), "--v8-pool-size=1", "/rt/nodejs/zygote.js", rights},
                    environment};
        }
        case Language::java:
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
        case Language::custom: return {{"/rt/custom/shim"}, usual_environment()};
        case Language::java: break;
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
