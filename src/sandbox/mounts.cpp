#include "sandbox/mounts.hpp"

#include "reach/frames.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// glibc's <sys/mount.h> cannot stand beside <linux/mount.h> in every version: declared here.
extern "C" int mount(const char*, const char*, const char*, unsigned long, const void*);
extern "C" int umount2(const char*, int);

namespace mayfly::sandbox {

namespace {

constexpr int kDetach = 2;             // MNT_DETACH
constexpr unsigned kEmptyPath = 0x04;  // MOVE_MOUNT_F_EMPTY_PATH
constexpr unsigned kTreeClone = 1;     // OPEN_TREE_CLONE

bool make_folder(const std::string& path) {
    return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

bool write_text(const std::string& path, const char* text) {
    const Fd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    return file && ::write(file.get(), text, std::strlen(text)) >= 0;
}

bool bind(const std::string& from, const std::string& to, bool read_only) {
    if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
    constexpr unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
    return !read_only || ::mount(nullptr, to.c_str(), nullptr, flags, nullptr) == 0;
}

bool attach(int tree, const char* to) {
    return ::syscall(SYS_move_mount, tree, "", AT_FDCWD, to, kEmptyPath) == 0;
}

// What belongs to the function; nothing where -1 is given.
StepError attach_package(int code_mount, int layers_mount) {
    if (code_mount >= 0 && !attach(code_mount, "/code")) return "mount /code";
    if (layers_mount >= 0 && !attach(layers_mount, "/opt")) return "mount /opt";
    return nullptr;
}

StepError fill_devices(const std::string& host, const std::string& root) {
    for (const char* name : {"null", "zero", "full", "random", "urandom"}) {
        const auto to = root + "/dev/" + name;
        if (!write_text(to, "")) return "template /dev file";
        if (!bind(host + "/dev/" + name, to, false)) return "bind /dev";
    }
    constexpr const char* links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                        {"/proc/self/fd/0", "/dev/stdin"},
                                        {"/proc/self/fd/1", "/dev/stdout"},
                                        {"/proc/self/fd/2", "/dev/stderr"},
                                        {"/tmp", "/dev/shm"}};  // shared memory counts as /tmp
    for (const auto& [to, from] : links)
        if (::symlink(to, (root + from).c_str()) != 0) return "template /dev link";
    return nullptr;
}

// Of a sandbox that has the internet; in others it cannot be reached, and a look-up fails at once.
std::string name_server() {
    const in_addr address{.s_addr = htonl(reach::kNameServer)};
    char text[INET_ADDRSTRLEN];
    return std::string("nameserver ") + ::inet_ntop(AF_INET, &address, text, sizeof text) + "\n";
}

// What interpreters and their libraries read of /etc; nothing of it tells who the host is.
StepError fill_etc(const std::string& host, const std::string& root) {
    for (const char* file : {"/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"})
        if (::access((host + file).c_str(), R_OK) == 0 &&
            (!write_text(root + file, "") || !bind(host + file, root + file, true)))
            return "bind /etc file";
    for (const char* folder :
         {"/etc/ssl", "/etc/alternatives", "/etc/fonts", "/etc/java-17-openjdk"})
        if (::access((host + folder).c_str(), R_OK) == 0 &&
            (!make_folder(root + folder) || !bind(host + folder, root + folder, true)))
            return "bind /etc folder";
    const bool ok =
        write_text(root + "/etc/passwd", "root:x:0:0:function:/tmp:/bin/sh\n") &&
        write_text(root + "/etc/group", "root:x:0:\n") &&
        write_text(root + "/etc/resolv.conf", name_server().c_str()) &&
        write_text(root + "/etc/hosts", "127.0.0.1 localhost mayfly\n::1 localhost\n") &&
        write_text(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
    return ok ? nullptr : "template /etc";
}

StepError fill_root(const std::string& host, const std::string& root, const Fd& runtimes) {
    for (const char* folder : {"/usr", "/tmp", "/proc", "/dev", "/code", "/opt", "/rt", "/etc"})
        if (!make_folder(root + folder)) return "template folder";
    for (const char* name : {"bin", "sbin", "lib", "lib64", "lib32"})
        if (::symlink((std::string("usr/") + name).c_str(), (root + "/" + name).c_str()) != 0)
            return "template link";
    if (!bind(host + "/usr", root + "/usr", true)) return "bind /usr";
    if (!attach(runtimes.get(), (root + "/rt").c_str())) return "mount /rt";
    // A sandbox may mount its own /proc only where a whole one is visible. A fresh one if we may,
    // so that a host folder without one is no obstacle; else the host's.
    if (::mount("proc", (root + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                nullptr) != 0 &&
        !bind(host + "/proc", root + "/proc", false))
        return "mount /proc";
    STEP(fill_devices(host, root));
    return fill_etc(host, root);
}

// In a chroot pivot_root refuses and user namespaces are denied. A process with CAP_SYS_CHROOT can
// climb back to the root of its mount namespace, which is a private copy here; the folder that was
// "/" is left as the working directory.
StepError leave_chroot() {
    const Fd old_root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!old_root || ::chroot("/usr") != 0 || ::fchdir(old_root.get()) != 0) return "leave chroot";
    for (int i = 0; i < 256; ++i)
        if (::chdir("..") != 0) return "leave chroot";
    return ::chroot(".") == 0 && ::fchdir(old_root.get()) == 0 ? nullptr : "leave chroot";
}

// Cuts all mounts of the namespace off from the host's. `host` becomes where the old "/" now is.
StepError make_private(std::string& host) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return nullptr;
    if (errno != EINVAL)
        return "make mounts private";  // EINVAL: "/" is no mount, so this is a chroot
    STEP(leave_chroot());
    char path[4096];
    if (!::getcwd(path, sizeof path)) return "find the chroot";
    host = path;
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
               ? nullptr
               : "make mounts private";
}

Fd detached_read_only_mount(const char* folder) {
    Fd tree(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, folder, kTreeClone | O_CLOEXEC)));
    if (!tree) return tree;
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes,
                  sizeof attributes) != 0)
        return Fd{};
    return tree;
}

}  // namespace

StepError enter_template_root(const char* runtimes_folder) {
    if (::unshare(CLONE_NEWNS) != 0) return "unshare mounts";
    const Fd runtimes = detached_read_only_mount(runtimes_folder);
    if (!runtimes) return "open the runtimes' folder";
    std::string host;
    STEP(make_private(host));
    const std::string root =
        host + "/tmp";  // any folder will do: it is covered only in our namespace
    if (::mount("tmpfs", root.c_str(), "tmpfs", MS_NOSUID, "size=1m,mode=755") != 0)
        return "tmpfs root";
    STEP(fill_root(host, root, runtimes));
    if (::chdir(root.c_str()) != 0) return "enter root";
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return "pivot_root";
    if (::umount2(".", kDetach) != 0) return "detach the old root";
    if (::chdir("/") != 0) return "enter root";
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, nullptr) != 0)
        return "make root read-only";
    return nullptr;
}

StepError open_package(const char* code_folder, const char* layers_folder, Package& package) {
    package.code = detached_read_only_mount(code_folder);
    if (!package.code) return "open the code folder";
    if (layers_folder[0] == '\0') return nullptr;
    package.layers = detached_read_only_mount(layers_folder);
    return package.layers ? nullptr : "open the layers' folder";
}

StepError mount_private(int code_mount, int layers_mount, const Limits& limits) {
    STEP(attach_package(code_mount, layers_mount));
    char options[64];
    std::snprintf(options, sizeof options, "size=%lld,mode=1777",
                  static_cast<long long>(limits.tmp_bytes));
    if (::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return "mount /tmp";
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid") != 0)
        return "mount /proc";
    return ::chdir("/code") == 0 ? nullptr : "chdir /code";
}

Home::Home()
    : mounts_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)),
      root_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      here_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

// Entering a mount namespace also moves root and working directory to its root. One that cannot
// come back must not go on: it would look for files in a tenant's.
StepError Home::mount_code_in(int pidfd, int code_mount, int layers_mount) const {
    if (!mounts_ || ::setns(pidfd, CLONE_NEWNS) != 0) return "enter the worker's mounts";
    const StepError failed = attach_package(code_mount, layers_mount);
    const int reason = errno;
    if (::setns(mounts_.get(), CLONE_NEWNS) != 0 || ::fchdir(root_.get()) != 0 ||
        ::chroot(".") != 0 || ::fchdir(here_.get()) != 0)
        std::abort();
    errno = reason;
    return failed;
}

}  // namespace mayfly::sandbox
