#include "workers/dry_run.hpp"

#include "base/check.hpp"
#include "io/one_shot.hpp"

namespace mayfly::workers {

namespace {

constexpr WorkerId kWorker{1ull << 62};  // far from the scheduler's
constexpr CallId kCall{1};
constexpr auto kLimit = Seconds{10};

std::string first_runtime(Language language) {
    for (const auto& known : runtimes())
        if (known.language == language) return std::string(known.name);
    CHECK(false);
}

std::string handler_of(Language language) {
    return language == Language::java ? "mayfly.dryrun.DryRun::handleRequest" : "dry_run.handler";
}

Route built_in(const std::filesystem::path& folder, Language language) {
    auto revision = std::make_shared<Revision>();
    revision->function.account = "0";
    revision->function.service = "mayfly";
    revision->function.spec.name = "self-test";
    revision->function.spec.runtime = first_runtime(language);
    revision->function.spec.handler = handler_of(language);
    revision->function.spec.memory_mb = 256;
    revision->folders.code = folder / to_text(language) / "dry_run";
    return revision;
}

}  // namespace

Task<Result<void>> dry_run(Pool& pool, io::Timers& timers, const std::filesystem::path& runtimes,
                           Language language) {
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
               .part = [&](WorkerId id, CallId, std::uint8_t, std::string) { pool.stop(id); },
               .silent = [&](WorkerId id) { pool.stop(id); },
               .gone =
                   [&](WorkerId, Ending ending) {
                       if (!ending.why.empty())
                           outcome = fail(Kind::unavailable, std::move(ending.why));
                       gone.give(true);
                   }});
    const auto limit = timers.alarm([&] { pool.stop(kWorker); });
    limit->set(timers.now() + kLimit);
    pool.start(kWorker, built_in(runtimes, language));
    co_await gone.wait();
    co_return outcome;
}

}  // namespace mayfly::workers
