// What the process that reads the packets of all sandboxes may do itself, should one of them take
// it over: connect to where anybody may, and read what names its name server.
#pragma once

#include "sandbox/steps.hpp"

namespace mayfly::relay {

// Takes a user of its own (unless `rootless`: there is none to take), gives up every capability,
// may read two folders and write none, neither listen nor start a program, nor make any system call
// that is not needed (EPERM). For good.
sandbox::StepError confine(bool rootless);

}  // namespace mayfly::relay
