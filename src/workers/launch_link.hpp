// The daemon's end of mayfly-launch: starts the program, sends it orders, hears its reports.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "model/function.hpp"
#include "sandbox/messages.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace mayfly::workers {

struct LaunchOptions {
    std::filesystem::path program;   // mayfly-launch
    std::filesystem::path runtimes;  // the folder of runtimes/
    std::string key;              // tells servers of one machine apart: names their control groups
    std::filesystem::path relay;  // mayfly-net
    std::string internet_allow;   // private networks that functions may reach; reach/guard.hpp
};

// Loop thread only. Destroying it ends the launcher and every sandbox it made.
class LaunchLink {
public:
    // The worker's doors, if they come with the report, in the order of sandbox::Door.
    using OnReport = std::function<void(const sandbox::Report&, std::vector<Fd>)>;

    LaunchLink(boost::asio::io_context& loop, const Log& log, LaunchOptions options);
    ~LaunchLink();

    // Starts the program and waits until it serves: blocks for some milliseconds, at start only.
    // unavailable: it could not be started; the sentence says what to do. From now on `on_report`
    // hears of workers, and `on_lost` if the launcher has ended (all its workers have, too).
    Result<void> open(OnReport on_report, std::function<void()> on_lost);

    // What the host cannot give its sandboxes, in words; empty if nothing is missing.
    const std::string& missing() const { return missing_; }

    // They return at once, also while the launcher is behind, and what became of it comes as a
    // report. A parked worker starts without folders and is given them by adopt().
    // `ends`: by sandbox::WorkerEnd, then the memory that it shares, if any.
    Result<void> start(const sandbox::Spec& spec, const CodeFolders& folders, std::vector<Fd> ends);
    Result<void> adopt(const sandbox::Spec& spec, const CodeFolders& folders);
    void page_out(std::uint64_t worker);
    void stand(std::uint64_t worker, Standing standing);
    void kill(std::uint64_t worker);

private:
    struct Socket;

    Result<void> spawn();
    Result<void> wait_for_hello();
    void listen();
    void receive();
    void watch_for_room();
    Result<void> send(sandbox::Order order, const CodeFolders& folders,
                      std::vector<Fd> beside = {});

    boost::asio::io_context& loop_;
    const Log& log_;
    LaunchOptions options_;
    std::string missing_;
    OnReport on_report_;
    std::function<void()> on_lost_;
    std::unique_ptr<Socket> socket_;
    int pid_ = -1;
};

}  // namespace mayfly::workers
