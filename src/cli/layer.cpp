#include "cli/layer.hpp"

#include "base/text.hpp"
#include "cli/pack.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

const std::string layers_path = "/2016-08-15/layers";

std::string versions_path(std::string_view layer) {
    return layers_path + "/" + percent_encode(layer) + "/versions";
}

std::string member(const json::value& layer, std::string_view key) {
    const auto* v = layer.is_object() ? layer.as_object().if_contains(key) : nullptr;
    if (!v || v->is_null()) return {};
    return v->is_string() ? std::string(v->as_string()) : json::serialize(*v);
}

std::string runtimes_of(const json::value& layer) {
    const auto* all =
        layer.is_object() ? layer.as_object().if_contains("compatibleRuntime") : nullptr;
    std::string text;
    if (all && all->is_array())
        for (const auto& one : all->as_array())
            text += (text.empty() ? "" : ",") + std::string(one.as_string());
    return text.empty() ? "any" : text;
}

// A layer's name is the first that begins with it.
Result<std::string> newest(const FcClient& fc, const std::string& name) {
    TRY(const auto page, fc.call("GET", layers_path, {{"prefix", name}, {"limit", "1"}}));
    const auto* found = page.is_object() ? page.as_object().if_contains("layers") : nullptr;
    if (found && found->is_array() && !found->as_array().empty() &&
        member(found->as_array().front(), "layerName") == name)
        return member(found->as_array().front(), "arnV2");
    return fail(
        Kind::not_found,
        fmt::format("layer '{}' does not exist; mayfly layer publish DIR --name {} makes it", name,
                    name),
        "LayerNotFound");
}

Result<std::string> arn_of(const FcClient& fc, const std::string& text) {
    const bool is_arn = text.starts_with("acs:") || text.find('#') != text.npos;
    const auto colon = text.find(':');
    if (!is_arn && colon == text.npos) return newest(fc, text);
    const auto path = is_arn ? "/2016-08-15/layerarn/" + percent_encode(text)
                             : versions_path(text.substr(0, colon)) + "/" +
                                   percent_encode(text.substr(colon + 1));
    TRY(const auto found, fc.call("GET", path));
    return member(found, "arnV2");
}

struct Publication {
    std::string folder, name, description;
    std::vector<std::string> runtimes;
};

Result<int> publish(Context& context, const Publication& wish) {
    TRY(const auto zip, pack_folder(wish.folder));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto made, fc.call("POST", versions_path(wish.name), {},
                                 {{"description", wish.description},
                                  {"compatibleRuntime", json::value_from(wish.runtimes)},
                                  {"code", {{"zipFile", base64(zip)}}}}));
    if (context.json()) context.io.out << json::serialize(made) << '\n';
    else
        context.io.out << table({{wish.name, "version " + member(made, "version"),
                                  human_bytes(zip.size()), member(made, "arnV2")}});
    return 0;
}

Result<int> list(Context& context) {
    TRY(const auto fc, FcClient::open(context));
    TRY(auto layers, fc.list(layers_path, "layers"));
    std::vector<std::vector<std::string>> rows{
        {"LAYER", "VERSION", "RUNTIMES", "SIZE", "CREATED", "ARN"}};
    for (const auto& layer : layers) {
        const auto bytes = parse_int(member(layer, "codeSize")).value_or(0);
        rows.push_back({member(layer, "layerName"), member(layer, "version"), runtimes_of(layer),
                        human_bytes(static_cast<std::uint64_t>(bytes)), member(layer, "createTime"),
                        member(layer, "arnV2")});
    }
    if (context.json())
        context.io.out << json::serialize(json::object{{"layers", std::move(layers)}}) << '\n';
    else if (rows.size() > 1) context.io.out << table(rows);
    else context.io.err << "no layers yet; mayfly layer publish DIR --name NAME makes one\n";
    return 0;
}

}  // namespace

Result<json::array> layer_arns(const FcClient& fc, const std::vector<std::string>& layers) {
    json::array arns;
    for (const auto& layer : layers) {
        TRY(const auto arn, arn_of(fc, layer));
        arns.emplace_back(arn);
    }
    return arns;
}

void add_layer(CLI::App& app, Context& context, Action& chosen) {
    auto* layer = app.add_subcommand("layer", "Publishes and lists layers, which functions share");
    layer->require_subcommand(1);
    layer->footer("Example:\n  mayfly layer ls");
    auto* part =
        layer->add_subcommand("publish", "Packs a folder and makes it a layer's next version");
    const auto wish = std::make_shared<Publication>();
    part->add_option("DIR", wish->folder, "Folder that functions will see as /opt")->required();
    part->add_option("--name", wish->name, "Name of the layer")->required();
    part->add_option("--description", wish->description, "What it is for");
    part->add_option("--runtime", wish->runtimes,
                     "It is made for this one; may be repeated (default: any)")
        ->expected(1)
        ->take_all();
    part->footer("Example:\n  mayfly layer publish ./fonts --name fonts --runtime python3");
    part->callback([&context, &chosen, wish] {
        chosen = [&context, wish] { return publish(context, *wish); };
    });
    auto* ls = layer->add_subcommand("ls", "Lists layers, each with its newest version");
    ls->footer("Example:\n  mayfly layer ls");
    ls->callback([&context, &chosen] { chosen = [&context] { return list(context); }; });
}

}  // namespace mayfly::cli
