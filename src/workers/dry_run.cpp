#include "workers/dry_run.hpp"

#include "io/one_shot.hpp"

namespace mayfly::workers {

namespace {

constexpr WorkerId kWorker{1ull << 62};  // far from the scheduler's
constexpr CallId kCall{1};
constexpr auto kLimit = Seconds{10};

Route built_in(const std::filesystem::path& runtimes) {
    auto revision = std::make_shared<Revision>();
    revision->function.account = "0";
    revision->function.service = "mayfly";
    revision->function.spec.name = "self-test";
    revision->function.spec.runtime = "python3";
    revision->function.spec.handler = "dry_run.handler";
    revision->code_folder = runtimes / "python";
    return revision;
}

}  // namespace

Task<Result<void>> dry_run(Pool& pool, io::Timers& timers, const std::filesystem::path& runtimes) {
    Result<void> outcome = fail(Kind::unavailable, "the worker did not answer in time");
    io::OneShot<bool> gone;
    pool.tell({.ready = [&](WorkerId id) { pool.run(id, kCall, "self-test", "[1]"); },
               .initialized = [](WorkerId) {},
               .answered =
                   [&](WorkerId id, CallId, Answer answer) {
                       const bool right =
                           answer.flags == 0 && answer.body.find("[1]") != std::string::npos;
                       outcome =
                           right ? Result<void>{}
                                 : fail(Kind::unavailable, "the worker answered: " + answer.body);
                       pool.stop(id);
                   },
               .silent = [&](WorkerId id) { pool.stop(id); },
               .gone =
                   [&](WorkerId, Ending ending) {
                       if (!ending.why.empty())
                           outcome = fail(Kind::unavailable, std::move(ending.why));
                       gone.give(true);
                   }});
    const auto limit = timers.alarm([&] { pool.stop(kWorker); });
    limit->set(timers.now() + kLimit);
    pool.start(kWorker, built_in(runtimes));
    co_await gone.wait();
    co_return outcome;
}

}  // namespace mayfly::workers
