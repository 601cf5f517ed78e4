#include "cli/say.hpp"
#include "cli/server.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <ostream>
#include <utility>
#include <vector>

namespace mayfly::cli {
namespace {

// Only what this server really answers to; a client that reads a variable must then work.
Result<int> print_env(Context& context) {
    TRY(const auto server, find_server(context));
    const auto& key = server.key;
    std::vector<std::pair<std::string, std::string>> variables{
        {"MAYFLY_ENDPOINT", server.api},           // ours
        {"MAYFLY_ACCOUNT_ID", key.account},        //
        {"MAYFLY_ACCESS_KEY_ID", key.id},          //
        {"MAYFLY_ACCESS_KEY_SECRET", key.secret},  //
        {"FC_ENDPOINT", server.api},               // Funcraft (fun)
        {"ENABLE_CUSTOM_ENDPOINT", "true"},        //
        {"ACCOUNT_ID", key.account},               //
        {"ACCESS_KEY_ID", key.id},                 //
        {"ACCESS_KEY_SECRET", key.secret},         //
        {"ALIBABA_CLOUD_ACCESS_KEY_ID", key.id},   // Alibaba Cloud's SDKs
        {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.secret},
    };
    if (!server.objects.empty()) {
        const auto& url = server.objects;
        variables.insert(
            variables.end(),
            {
                {"MAYFLY_OBJECTS_ENDPOINT", url},  // ours
                {"AWS_ENDPOINT_URL", url},         // AWS's SDKs and command line, from 2.13 on
                {"AWS_ENDPOINT_URL_S3", url},      //
                {"AWS_ACCESS_KEY_ID", key.id},     //
                {"AWS_SECRET_ACCESS_KEY", key.secret},
                {"AWS_REGION", "us-east-1"},
                {"AWS_DEFAULT_REGION", "us-east-1"},
                {"OSS_ENDPOINT", url},  // ossutil and OSS's SDKs
                {"OSS_REGION", "cn-hangzhou"},
                {"OSS_ACCESS_KEY_ID", key.id},
                {"OSS_ACCESS_KEY_SECRET", key.secret},
                {"RCLONE_CONFIG_MAYFLY_TYPE", "s3"},  // rclone: the remote `mayfly:`
                {"RCLONE_CONFIG_MAYFLY_PROVIDER", "Other"},
                {"RCLONE_CONFIG_MAYFLY_ENDPOINT", url},
                {"RCLONE_CONFIG_MAYFLY_ACCESS_KEY_ID", key.id},
                {"RCLONE_CONFIG_MAYFLY_SECRET_ACCESS_KEY", key.secret},
                {"RCLONE_CONFIG_MAYFLY_FORCE_PATH_STYLE", "true"},
            });
    }
    if (context.json()) {
        boost::json::object all;
        for (const auto& [name, value] : variables) all[name] = value;
        context.io.out << boost::json::serialize(all) << '\n';
        return 0;
    }
    for (const auto& [name, value] : variables) {
        context.io.out << "export " << name << '=' << shell_quoted(value) << '\n';
    }
    if (context.io.out_is_terminal) context.io.err << "next  eval \"$(mayfly env)\"\n";
    return 0;
}

Result<int> print_version(Context& context) {
    if (context.json()) context.io.out << R"({"version":")" MAYFLY_VERSION R"("})" << '\n';
    else context.io.out << "mayfly " MAYFLY_VERSION "\n";
    return 0;
}

}  // namespace

void add_env(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("env", "Prints what points known clients at this server");
    verb->footer("Example:\n  eval \"$(mayfly env)\"");
    verb->callback([&context, &chosen] { chosen = [&context] { return print_env(context); }; });
}

void add_version(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("version", "Prints the version");
    verb->footer("Example:\n  mayfly version -o json");
    verb->callback([&context, &chosen] { chosen = [&context] { return print_version(context); }; });
}

}  // namespace mayfly::cli
