#include "cli/server.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

Result<json::object> read_object(const std::filesystem::path& file) {
    TRY(const auto text, read_file(file));
    boost::system::error_code broken;
    const auto value = json::parse(text, broken);
    if (broken || !value.is_object()) {
        return fail(Kind::invalid,
                    "'" + file.string() + "' holds no JSON object; restart the server");
    }
    return value.as_object();
}

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

constexpr std::string_view default_account = "1000000000000001";

}  // namespace

std::filesystem::path data_folder(const Context& context) {
    if (!context.data.empty()) return context.data;
    if (const auto set = context.get("MAYFLY_DATA"); !set.empty()) return set;
    std::error_code ignored;
    if (std::filesystem::is_directory(".mayfly", ignored)) return ".mayfly";
    if (const auto state = context.get("XDG_STATE_HOME"); !state.empty()) {
        return std::filesystem::path(state) / "mayfly";
    }
    return std::filesystem::path(context.get("HOME")) / ".local" / "state" / "mayfly";
}

Result<std::string> find_endpoint(const Context& context) {
    if (!context.endpoint.empty()) return context.endpoint;
    if (auto set = context.get("MAYFLY_ENDPOINT"); !set.empty()) return set;
    const auto file = data_folder(context) / "server.json";
    const auto object = read_object(file);
    if (!object && object.error().kind == Kind::not_found) {
        return fail(Kind::unavailable, "no server is running for '" +
                                           data_folder(context).string() +
                                           "'; start one with 'mayfly serve', or name one with "
                                           "--endpoint or MAYFLY_ENDPOINT");
    }
    if (!object) return Failure(object.error());
    auto api = text_of(*object, "api");
    if (api.empty()) return fail(Kind::invalid, "'" + file.string() + "' names no \"api\"");
    return api;
}

Result<auth::AccessKey> find_key(const Context& context) {
    auth::AccessKey key;
    key.account = context.get("MAYFLY_ACCOUNT_ID");
    key.id = context.get("MAYFLY_ACCESS_KEY_ID");
    key.secret = context.get("MAYFLY_ACCESS_KEY_SECRET");
    if (const auto file = context.get("MAYFLY_ACCESS_KEY_SECRET_FILE");
        key.secret.empty() && !file.empty()) {
        TRY(const auto text, read_file(file));
        key.secret = trim(text);
    }
    if (key.id.empty() != key.secret.empty()) {
        return fail(Kind::denied,
                    "MAYFLY_ACCESS_KEY_ID and its secret go together; one of them is not set");
    }
    if (key.id.empty()) {
        const auto file = data_folder(context) / "credentials.json";
        const auto object = read_object(file);
        if (!object && object.error().kind != Kind::not_found) return Failure(object.error());
        if (!object) {
            return fail(Kind::denied,
                        "no access key: set MAYFLY_ACCESS_KEY_ID and MAYFLY_ACCESS_KEY_SECRET, "
                        "or point --data at the server's data folder");
        }
        key.id = text_of(*object, "accessKeyId");
        key.secret = text_of(*object, "accessKeySecret");
        if (key.account.empty()) key.account = text_of(*object, "accountId");
    }
    if (key.account.empty()) key.account = default_account;
    return key;
}

Result<Server> find_server(const Context& context) {
    TRY(auto endpoint, find_endpoint(context));
    TRY(auto key, find_key(context));
    auto objects = context.get("MAYFLY_OBJECTS_ENDPOINT");
    const auto file = read_object(data_folder(context) / "server.json");
    if (objects.empty() && file && text_of(*file, "api") == endpoint)
        objects = text_of(*file, "objects");
    return Server{std::move(endpoint), std::move(objects), std::move(key)};
}

}  // namespace mayfly::cli
