// mayfly: the server (`mayfly serve`) and the command line that talks to it.
#include "base/clock.hpp"
#include "cli/run_cli.hpp"
#include "main/serve.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

extern char** environ;

namespace {

mayfly::Environment environment() {
    mayfly::Environment all;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != text.npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    using mayfly::door::Etag;
    const std::map<std::string, Etag> etag_names{
        {"md5", Etag::md5}, {"opaque", Etag::opaque}, {"auto", Etag::by_size}};
    const auto env = environment();
    mayfly::ServeOptions options;
    std::string data, ready_file, replica;
    std::string billing_sync = "batch", objects_etag = "auto";
    bool exec_only = false;
    const auto add_serve = [&](CLI::App& app, mayfly::cli::Action& chosen) {
        auto* serve = app.add_subcommand("serve", "Start the server");
        serve->add_option("--data", data, "Folder that holds everything the server keeps")
            ->envname("MAYFLY_DATA")
            ->default_str(".mayfly");
        serve
            ->add_option("--listen", options.listen,
                         "HOST:PORT of the API; port 0 takes a free one")
            ->envname("MAYFLY_LISTEN")
            ->capture_default_str();
        serve
            ->add_option("--listen-objects", options.listen_objects,
                         "HOST:PORT of the object store (default: the API's host, port 7401, or a "
                         "free one)")
            ->envname("MAYFLY_LISTEN_OBJECTS");
        serve
            ->add_option("--objects-replica", replica,
                         "A second folder for all objects, best on another disk; a put is answered "
                         "once it is there, too")
            ->envname("MAYFLY_OBJECTS_REPLICA");
        serve
            ->add_option("--objects-copy", options.objects_copy,
                         "https://HOST/BUCKET[/PREFIX] of any S3: all objects are copied there as "
                         "they change; its key in MAYFLY_OBJECTS_COPY_ACCESS_KEY_ID and _SECRET")
            ->envname("MAYFLY_OBJECTS_COPY");
        serve
            ->add_option(
                "--objects-etag", objects_etag,
                "ETag of an object that is put whole: md5; opaque, which spares it the MD5 "
                "unless its client sends it; auto: opaque from 16 MiB on")
            ->envname("MAYFLY_OBJECTS_ETAG")
            ->check(CLI::IsMember(etag_names))
            ->capture_default_str();
        serve->add_option("--ready-file", ready_file,
                          "Write the addresses here as JSON once serving");
        serve
            ->add_option("--workers", options.workers_max,
                         "How many workers may be alive at once, all functions together")
            ->check(CLI::Range(1, 20'000))
            ->capture_default_str();
        serve
            ->add_option("--park", options.parked_max,
                         "How many workers of each language to keep ready at most; 0: none")
            ->check(CLI::Range(0, 1000))
            ->capture_default_str();
        serve
            ->add_option("--promise", options.memory_promise,
                         "How many times the machine's memory is promised to workers")
            ->check(CLI::Range(1, 1000))
            ->capture_default_str();
        serve
            ->add_option("--webhook-allow", options.webhook_allow,
                         "Private networks that webhooks may go to, such as 10.1.0.0/16,127.0.0.1; "
                         "none by default")
            ->envname("MAYFLY_WEBHOOK_ALLOW");
        serve
            ->add_option("--internet-allow", options.internet_allow,
                         "Private networks that functions with internetAccess may reach, such as "
                         "10.1.0.0/16; none by default; this machine's own addresses only one by "
                         "one")
            ->envname("MAYFLY_INTERNET_ALLOW");
        serve
            ->add_option("--smtp", options.smtp,
                         "Mail server that mails go by, such as smtp://127.0.0.1:25; none by "
                         "default")
            ->envname("MAYFLY_SMTP");
        serve->add_option("--mail-from", options.mail_from, "Whom mails are from")
            ->envname("MAYFLY_MAIL_FROM")
            ->capture_default_str();
        serve->add_option(
            "--clock", options.clock,
            "A test clock for timers: x1440 runs a day in a minute; it may begin at a "
            "time: 2027-03-28T00:00:00Z,x60");
        serve
            ->add_option(
                "--billing-sync", billing_sync,
                "When a call's bill is on the disk: batch, within a second; always, before "
                "its caller is answered")
            ->envname("MAYFLY_BILLING_SYNC")
            ->check(CLI::IsMember({"batch", "always"}))
            ->capture_default_str();
        serve
            ->add_option(
                "--otlp-endpoint", options.otlp_endpoint,
                "Collector of traces, such as http://127.0.0.1:4318 (OTLP over HTTP, JSON)")
            ->envname("OTEL_EXPORTER_OTLP_ENDPOINT");
        serve
            ->add_option("--otlp-share", options.otlp_share,
                         "Share of the calls to record whose callers do not say, 0 to 1")
            ->check(CLI::Range(0.0, 1.0))
            ->envname("OTEL_TRACES_SAMPLER_ARG")
            ->capture_default_str();
        serve->add_flag("--exec-only", exec_only,
                        "Start every worker by plain exec, without warmed parents");
        serve->add_flag("--verbose", options.verbose, "Log more");
        serve->footer("Example: mayfly serve --data ~/mayfly --listen 127.0.0.1:7400");
        serve->callback([&] {
            chosen = [&]() -> mayfly::Result<int> {
                if (!data.empty()) options.data = data;
                options.ready_file = ready_file;
                options.objects_replica = replica;
                options.zygotes = !exec_only;
                options.billing_sync = billing_sync == "always";
                options.objects_etag = etag_names.at(objects_etag);
                return mayfly::serve(options, env);
            };
        });
    };
    const mayfly::SystemClock clock;
    mayfly::cli::Context context{.io = {std::cin, std::cout, std::cerr,
                                        ::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1},
                                 .env = {env.begin(), env.end()},
                                 .clock = clock};
    return mayfly::cli::run_cli({argv + 1, argv + argc}, std::move(context), add_serve);
}
