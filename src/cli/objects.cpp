#include "base/text.hpp"
#include "cli/fc_client.hpp"
#include "cli/object_copies.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Wish {
    std::string from, to, name;
    bool recursive = false;
};

void say_copied(Context& context, std::string_view what, std::uint64_t bytes) {
    if (context.json())
        context.io.out << json::serialize(json::object{{"name", what}, {"bytes", bytes}}) << '\n';
    else context.io.out << table({{std::string(what), human_bytes(bytes)}});
}

// A name that ends with '/' or is a bucket only takes the file's own name.
Result<int> put(Context& context, const Wish& wish) {
    const fs::path file(wish.from);
    TRY(auto name, parse_object_name(wish.to));
    if (name.key.empty() || name.key.ends_with('/')) name.key += file.filename().string();
    TRY(const auto client, ObjectsClient::open(context));
    TRY(const auto bytes, store_file(context, client, file, name));
    say_copied(context, name.text(), bytes);
    return 0;
}

Result<int> get(Context& context, const Wish& wish) {
    TRY(const auto name, parse_object_name(wish.from));
    if (name.key.empty()) return fail(Kind::invalid, "name an object: BUCKET/KEY", "Usage");
    TRY(const auto client, ObjectsClient::open(context));
    fs::path file(wish.to.empty() ? "." : wish.to);
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) file /= fs::path(name.key).filename();
    TRY(const auto bytes, fetch_file(context, client, name, fs::absolute(file)));
    say_copied(context, file.string(), bytes);
    return 0;
}

Result<int> list_buckets(Context& context, const ObjectsClient& client) {
    TRY(const auto all, client.buckets());
    json::array buckets;
    std::vector<std::vector<std::string>> rows{{"BUCKET", "CREATED"}};
    for (const auto& [name, created] : all) {
        rows.push_back({name, created});
        buckets.push_back(json::object{{"name", name}, {"created", created}});
    }
    if (context.json())
        context.io.out << json::serialize(json::object{{"buckets", std::move(buckets)}}) << '\n';
    else if (rows.size() > 1) context.io.out << table(rows);
    else context.io.err << "no buckets yet; mayfly bucket make NAME makes one\n";
    return 0;
}

Result<int> list(Context& context, const Wish& wish) {
    TRY(const auto client, ObjectsClient::open(context));
    if (wish.name.empty()) return list_buckets(context, client);
    TRY(const auto name, parse_object_name(wish.name));
    json::array objects;
    std::vector<std::vector<std::string>> rows{{"KEY", "SIZE", "MODIFIED"}};
    std::string token;
    do {
        TRY(const auto page, client.list(name, wish.recursive ? "" : "/", token));
        for (const auto& prefix : page.prefixes) {
            rows.push_back({prefix, "", ""});
            objects.push_back(json::object{{"prefix", prefix}});
        }
        for (const auto& object : page.objects) {
            rows.push_back({object.key, human_bytes(object.size), object.modified});
            objects.push_back(json::object{
                {"key", object.key}, {"bytes", object.size}, {"modified", object.modified}});
        }
        token = page.next_token;
    } while (!token.empty());
    if (context.json())
        context.io.out << json::serialize(json::object{{"objects", std::move(objects)}}) << '\n';
    else if (rows.size() > 1) context.io.out << table(rows);
    else context.io.err << "nothing is there\n";
    return 0;
}

Result<int> remove(Context& context, const Wish& wish) {
    TRY(const auto name, parse_object_name(wish.name));
    TRY(const auto client, ObjectsClient::open(context));
    int gone = 0;
    if (!wish.recursive) {
        if (name.key.empty())
            return fail(Kind::invalid,
                        "name an object: BUCKET/KEY; or all of a prefix with --recursive, or a "
                        "bucket with mayfly bucket rm",
                        "Usage");
        TRYV(client.send("DELETE", name));
        gone = 1;
    }
    for (std::string token; wish.recursive;) {
        TRY(const auto page, client.list(name, "", token));
        for (const auto& object : page.objects) {
            TRYV(client.send("DELETE", {.bucket = name.bucket, .key = object.key}));
            ++gone;
        }
        token = page.next_token;
        if (token.empty()) break;
    }
    if (context.json()) context.io.out << json::serialize(json::object{{"removed", gone}}) << '\n';
    else context.io.out << fmt::format("removed {}\n", gone);
    return 0;
}

Result<int> bucket_verb(Context& context, const Wish& wish, std::string_view method) {
    TRY(const auto client, ObjectsClient::open(context));
    TRYV(client.send(method, {.bucket = wish.name, .key = {}}));
    const auto word = method == "PUT" ? "made" : "removed";
    if (context.json())
        context.io.out << json::serialize(json::object{{"bucket", wish.name}, {"action", word}})
                       << '\n';
    else context.io.out << table({{wish.name, word}});
    return 0;
}

Result<int> scrub(Context& context, const Wish&) {
    TRY(const auto fc, FcClient::open(context));
    constexpr Millis kLong = std::chrono::hours(24);  // all of a store is read
    TRY(const auto response, fc.send("POST", "/mayfly/v1/objects/scrub", {}, "", {}, kLong));
    if (response.status != 200) return Failure(error_of(response));
    const auto answer = json::parse(response.body);
    const auto& found = answer.as_object();
    const auto of = [&](const char* name) { return json::serialize(found.at(name)); };
    if (context.json()) context.io.out << json::serialize(answer) << '\n';
    else
        context.io.out << fmt::format("{} bodies checked, {} mended, {} damaged\n", of("bodies"),
                                      of("mended"), of("damaged"));
    return of("damaged") == "0" ? 0 : 1;
}

using Run = Result<int> (*)(Context&, const Wish&);

void choose(CLI::App* verb, Context& context, Action& chosen, std::shared_ptr<Wish> wish, Run run) {
    verb->callback([&context, &chosen, wish, run] {
        chosen = [&context, wish, run] { return run(context, *wish); };
    });
}

}  // namespace

void add_objects(CLI::App& app, Context& context, Action& chosen) {
    const auto wish = std::make_shared<Wish>();
    auto* verb = app.add_subcommand("put", "Stores a file as an object");
    verb->add_option("FILE", wish->from, "File to store")->required();
    verb->add_option("OBJECT", wish->to, "BUCKET/KEY, or BUCKET/PREFIX/ to keep the file's name")
        ->required();
    verb->footer("Example:\n  mayfly put cat.jpg photos/in/");
    choose(verb, context, chosen, wish, &put);

    verb = app.add_subcommand("get", "Fetches an object into a file");
    verb->add_option("OBJECT", wish->from, "BUCKET/KEY")->required();
    verb->add_option("FILE", wish->to, "File or folder (default: here, under the key's last part)");
    verb->footer("Example:\n  mayfly get photos/out/cat.jpg");
    choose(verb, context, chosen, wish, &get);

    verb = app.add_subcommand("ls", "Lists buckets, or the objects of one");
    verb->add_option("PREFIX", wish->name, "BUCKET or BUCKET/PREFIX (default: all buckets)");
    verb->add_flag("-r,--recursive", wish->recursive, "Also what lies behind further slashes");
    verb->footer("Example:\n  mayfly ls photos/in/");
    choose(verb, context, chosen, wish, &list);

    verb = app.add_subcommand("rm", "Removes an object");
    verb->add_option("OBJECT", wish->name, "BUCKET/KEY")->required();
    verb->add_flag("-r,--recursive", wish->recursive, "All objects whose keys begin so");
    verb->footer("Example:\n  mayfly rm photos/in/cat.jpg");
    choose(verb, context, chosen, wish, &remove);

    auto* bucket = app.add_subcommand("bucket", "Makes, removes and checks buckets");
    bucket->require_subcommand(1);
    bucket->footer("Example:\n  mayfly bucket make photos");
    auto* part = bucket->add_subcommand("make", "Makes a bucket");
    part->add_option("NAME", wish->name, "Its name")->required();
    part->footer("Example:\n  mayfly bucket make photos");
    choose(part, context, chosen, wish,
           [](Context& c, const Wish& w) { return bucket_verb(c, w, "PUT"); });
    part = bucket->add_subcommand("rm", "Removes an empty bucket");
    part->add_option("NAME", wish->name, "Its name")->required();
    part->footer("Example:\n  mayfly bucket rm photos");
    choose(part, context, chosen, wish,
           [](Context& c, const Wish& w) { return bucket_verb(c, w, "DELETE"); });
    part = bucket->add_subcommand("scrub", "Reads every stored body, mends what is damaged");
    part->footer("Example:\n  mayfly bucket scrub");
    choose(part, context, chosen, wish, &scrub);
}

}  // namespace mayfly::cli
