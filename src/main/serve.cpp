#include "main/serve.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "engine/cores_watch.hpp"
#include "engine/memory_watch.hpp"
#include "io/task_group.hpp"
#include "main/metrics.hpp"
#include "main/wiring.hpp"
#include "sandbox/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <cstdio>

namespace mayfly {

namespace asio = boost::asio;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr auto kDrainMax = Seconds{30};

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

constexpr std::uint16_t kObjectsPort = 7401;

std::string url_of(const Address& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return fmt::format("http://{}:{}", v6 ? "[" + address.host + "]" : address.host, address.port);
}

Result<Address> parse_address(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto port =
        colon == text.npos ? std::nullopt : parse_int(std::string_view(text).substr(colon + 1));
    if (!port || *port < 0 || *port > 65535)
        return fail(Kind::invalid,
                    fmt::format("the address {} is not HOST:PORT, such as 127.0.0.1:7400", text));
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return Address{host.empty() ? "127.0.0.1" : host, static_cast<std::uint16_t>(*port)};
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// One server a data folder: two would tear each other's files.
Result<Fd> lock(const fs::path& data) {
    Fd file(::open((data / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return Failure(errno_error("open " + (data / "lock").string()));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(
            Kind::unavailable,
            fmt::format("another server already uses {}; stop it, or give --data another folder",
                        data.string()));
    return file;
}

Result<fs::path> own_folder() {
    std::error_code error;
    const auto self = fs::read_symlink("/proc/self/exe", error);
    if (error) return fail(Kind::internal, "the program cannot find itself: is /proc mounted?");
    return self.parent_path();
}

// Descriptors are what 1,000 workers need most: the soft limit goes up to the hard one.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Server {
public:
    Server(const ServeOptions& options, const Environment& environment)
        : options_(options), environment_(environment) {}

    Result<int> run() {
        if (const auto made = make_folder_durably(options_.data); !made)
            return fail(Kind::invalid, "the data folder cannot be made: " + made.error().what);
        std::error_code error;
        fs::permissions(options_.data,
                        fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec,
                        error);
        TRY(const auto locked, lock(options_.data));
        TRY(address_, parse_address(options_.listen));
        objects_ = {address_.host, address_.port == 0 ? std::uint16_t{0} : kObjectsPort};
        if (!options_.listen_objects.empty()) {
            TRY(objects_, parse_address(options_.listen_objects));
        }
        // Before a credential is made, which is shown only once, by a server that serves.
        if ((!is_loopback(address_.host) || !is_loopback(objects_.host)) && !has_own_credential())
            return fail(
                Kind::invalid,
                "listening beyond this machine needs a credential of your own: set "
                "MAYFLY_ACCESS_KEY_ID and MAYFLY_ACCESS_KEY_SECRET, or listen on 127.0.0.1");
        SystemRng rng;
        TRY(credential_, root_credential(environment_, options_.data, rng));
        TRY(const auto programs, own_folder());
        std::optional<io::TimeScale> clock;
        if (!options_.clock.empty()) {
            TRY(clock, io::parse_time_scale(options_.clock));
        }
        TRY(wiring_, Wiring::build({.data = fs::absolute(options_.data),
                                    .programs = programs,
                                    .root = credential_.key,
                                    .zygotes = options_.zygotes,
                                    .workers_max = options_.workers_max,
                                    .parked_max = options_.parked_max,
                                    .memory_promise = options_.memory_promise,
                                    .webhook_allow = options_.webhook_allow,
                                    .internet_allow = options_.internet_allow,
                                    .objects_replica = options_.objects_replica.empty()
                                                           ? fs::path()
                                                           : fs::absolute(options_.objects_replica),
                                    .objects_copy = copy_target(),
                                    .objects_etag = options_.objects_etag,
                                    .mail = {.relay = options_.smtp, .from = options_.mail_from},
                                    .clock = clock,
                                    .billing_sync = options_.billing_sync,
                                    .otlp_endpoint = options_.otlp_endpoint,
                                    .otlp_share = options_.otlp_share,
                                    .verbose = options_.verbose}));
        return loop();
    }

private:
    bool has_own_credential() const {
        const auto id = environment_.find("MAYFLY_ACCESS_KEY_ID");
        return id != environment_.end() && !id->second.empty();
    }

    // The key of the other store comes from the environment, as a secret on a command line is seen
    // by all.
    copies::TargetOptions copy_target() const {
        const auto of = [&](const char* name) {
            const auto at = environment_.find(name);
            return at == environment_.end() ? std::string() : at->second;
        };
        copies::TargetOptions target{.url = options_.objects_copy,
                                     .key = {.id = of("MAYFLY_OBJECTS_COPY_ACCESS_KEY_ID"),
                                             .secret = of("MAYFLY_OBJECTS_COPY_ACCESS_KEY_SECRET"),
                                             .account = {}}};
        if (const auto region = of("MAYFLY_OBJECTS_COPY_REGION"); !region.empty())
            target.region = region;
        return target;
    }

    Result<int> loop() {
        auto& w = *wiring_;
        io::TaskGroup tasks(w.loop.get_executor(), w.log);
        asio::signal_set signals(w.loop, SIGTERM, SIGINT);
        int code = 1;
        std::optional<Error> bad_start;
        tasks.spawn("serve", live(signals, code, bad_start));
        w.loop.run();
        if (bad_start) return Failure(*std::move(bad_start));
        return code;
    }

    Task<> live(asio::signal_set& signals, int& code, std::optional<Error>& bad_start) {
        auto& w = *wiring_;
        if (auto opened = co_await open(); !opened) {
            bad_start = std::move(opened).error();
            w.loop.stop();
            co_return;
        }
        io::TaskGroup background(w.loop.get_executor(), w.log);
        background.spawn("memory watch", engine::watch_memory(w.timers, *w.engine));
        background.spawn("cores watch", engine::watch_cores(w.timers, *w.engine));
        background.spawn("provision", keep_provision());
        background.spawn("ledger", w.ledger->flush_now_and_then(w.timers));
        background.spawn("objects", w.objects_door->tidy(w.timers));
        if (w.copier) background.spawn("copies of objects", w.copier->run());
        if (w.exporter) background.spawn("traces", w.exporter->run(w.timers));
        io::TaskGroup deliveries(w.loop.get_executor(), w.log);
        background.spawn("object events", w.object_events->run(deliveries));
        background.spawn("events", w.async_walk->tend());
        co_await signals.async_wait(asio::use_awaitable);
        signals.async_wait([&](const auto& error, int) {  // a second one cuts the drain short
            if (error) return;
            code = 2;
            w.loop.stop();
        });
        w.object_events->close();
        w.http->drain();
        w.objects_http->drain();
        w.timer_triggers->close();
        w.async_walk->close();
        const Time give_up = w.timers.now() + kDrainMax;
        w.engine->close();  // what idles runs its preStop while the last calls run
        while ((w.engine->open_calls() || w.http->open_answers() || w.async_walk->running()) &&
               w.timers.now() < give_up)
            co_await w.timers.until(w.timers.now() + Millis{20});
        w.engine->close();  // and what those calls ran on
        while (w.engine->open_hooks() && w.timers.now() < give_up)
            co_await w.timers.until(w.timers.now() + Millis{20});
        while ((w.objects_http->connections() || w.object_events->under_way()) &&
               w.timers.now() < give_up)
            co_await w.timers.until(w.timers.now() + Millis{20});
        co_await background.stop();
        if (!w.object_events->under_way()) co_await deliveries.stop();
        if (const auto flushed = co_await w.ledger->flush(); !flushed)
            w.log.error("the ledger could not be written: {}", flushed.error().what);
        if (w.exporter) co_await w.exporter->flush();
        code = 0;
        w.loop.stop();
    }

    // What is kept by the hour or by use follows within this.
    Task<> keep_provision() {
        for (;;) {
            co_await wiring_->timers.until(wiring_->timers.now() + Seconds{5});
            wiring_->engine->provision_again();
        }
    }

    Task<Result<void>> open() {
        auto& w = *wiring_;
        CO_TRYV(co_await w.open());
        CO_TRY(address_.port, w.http->listen(address_.host, address_.port));
        CO_TRYV(listen_objects());
        w.fc2016->set_api_url(url());
        w.objects_door->set_url(url_of(objects_));
        w.front->set_metrics([&w] { return metrics_page(w); });
        CO_TRYV(announce());
        co_return Result<void>{};
    }

    // The usual port may be another server's: then any will do, unless one was asked for.
    Result<void> listen_objects() {
        auto& server = *wiring_->objects_http;
        auto port = server.listen(objects_.host, objects_.port);
        if (!port && options_.listen_objects.empty()) port = server.listen(objects_.host, 0);
        if (!port) return Failure(port.error());
        objects_.port = *port;
        return {};
    }

    std::string url() const { return url_of(address_); }

    static std::vector<std::string_view> runtime_words() {
        std::vector<std::string_view> words;
        for (const auto language : sandbox::languages_here()) words.push_back(to_text(language));
        return words;
    }

    // The addresses in files for programs, and one screen for people; the last line is `ready`.
    Result<void> announce() {
        const auto urls =
            json::serialize(json::object{{"api", url()}, {"objects", url_of(objects_)}}) + "\n";
        TRYV(write_file_durably(options_.data / "server.json", urls));
        if (!options_.ready_file.empty())
            TRYV(write_file_durably(fs::absolute(options_.ready_file), urls));
        const auto& missing = wiring_->link->missing();
        fmt::print("mayfly {}\n\n", MAYFLY_VERSION);
        fmt::print("  API         {}          Function Compute 2016-08-15\n", url());
        fmt::print("  Objects     {}          OSS and S3\n", url_of(objects_));
        fmt::print("  Data        {}\n", options_.data.string());
        fmt::print("  Sandbox     {}\n", missing.empty() ? "full" : "weaker: " + missing);
        fmt::print("  Runtimes    {}\n", fmt::join(runtime_words(), ", "));
        if (const auto& clock = wiring_->test_clock)
            fmt::print("  Clock       of timers: {} now, {}\n", iso8601(clock->wall()),
                       options_.clock);
        fmt::print("  Clients     eval \"$(mayfly env --data {})\"\n", options_.data.string());
        if (credential_.just_made)
            fmt::print("  Credential  {} {}   made now, kept in {}, shown only this once\n",
                       credential_.key.id, credential_.key.secret,
                       (options_.data / "credentials.json").string());
        fmt::print("\nready {} {}\n", url(), url_of(objects_));
        std::fflush(stdout);
        return {};
    }

    const ServeOptions& options_;
    const Environment& environment_;
    Address address_, objects_;
    RootCredential credential_;
    std::unique_ptr<Wiring> wiring_;
};

}  // namespace

int serve(const ServeOptions& options, const Environment& environment) {
    ::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    const auto code = Server(options, environment).run();
    if (code) return *code;
    fmt::print(stderr, "mayfly: {}\n", code.error().what);
    return 1;
}

}  // namespace mayfly
