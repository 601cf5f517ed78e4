// How the process of a zygote begins, right after the launcher forked it.
#pragma once

#include "sandbox/spec.hpp"

namespace mayfly::sandbox {

struct ZygoteStart {
    int control = -1, filter = -1;  // the descriptors it is to have
    const char* runtimes_folder = "";
    Tier tier = Tier::exec;
    Language language = Language::python;
    bool rootless = false;
};

// Moves into the template root and becomes the template, or the warmed interpreter.
[[noreturn]] void become_zygote(const ZygoteStart& start);

}  // namespace mayfly::sandbox
