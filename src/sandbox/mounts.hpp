// What a sandbox sees of the disk. mount_namespaces(7), mount_setattr(2), move_mount(2).
//
// A zygote enters the template root once: a read-only tmpfs with the system's /usr, a few files of
// /etc, four devices and the runtimes at /rt; the rest of the machine is out of reach. Each sandbox
// inherits it in its own mount namespace and adds only what is its own: /code, /opt, /tmp, /proc.
#pragma once

#include "base/fd.hpp"
#include "sandbox/spec.hpp"
#include "sandbox/steps.hpp"

namespace mayfly::sandbox {

// Makes the calling process live in the template root, in a mount namespace of its own. Works
// inside a chroot too. Needs CAP_SYS_ADMIN in the caller's user namespace.
StepError enter_template_root(const char* runtimes_folder);

// A function's folders as detached read-only mounts (nosuid, nodev), ready to be handed to a
// sandbox.
struct Package {
    Fd code{}, layers{};  // the latter is empty if there are none
};

// `layers_folder` is "" if there are none. After an error errno says why.
StepError open_package(const char* code_folder, const char* layers_folder, Package& package);

// In the sandbox: its code at /code and its layers at /opt (nothing, with -1), a private /tmp of
// limited size, and its own /proc that shows processes and nothing else. Leaves the working
// directory at /code.
StepError mount_private(int code_mount, int layers_mount, const Limits& limits);

// Where a process stands, to come back to from another mount namespace.
class Home {
public:
    Home();  // of the calling process

    // Puts `code_mount` to the /code of a sandbox that runs already, and `layers_mount` (unless -1)
    // to its /opt. The calling process is single-threaded, holds CAP_SYS_ADMIN over the sandbox,
    // and is at home before and after.
    StepError mount_code_in(int pidfd, int code_mount, int layers_mount) const;

private:
    Fd mounts_, root_, here_;
};

}  // namespace mayfly::sandbox
