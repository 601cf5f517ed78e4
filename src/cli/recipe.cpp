#include "cli/recipe.hpp"

#include "base/text.hpp"

namespace mayfly::cli {
namespace {

using Has = std::function<bool(std::string_view)>;

// Those of `wanted` that are there.
std::vector<std::string> present(const Has& has, std::initializer_list<const char*> wanted) {
    std::vector<std::string> found;
    for (const auto* name : wanted)
        if (has(name)) found.emplace_back(name);
    return found;
}

// By the interpreter that will run the function.
Recipe pip(const Has&) {
    return {.inputs = {"requirements.txt"},
            .version = {"/usr/bin/python3", "-m", "pip", "--version"},
            .command = {"/usr/bin/python3", "-m", "pip", "install", "--disable-pip-version-check",
                        "--no-input", "--no-compile", "--quiet", "--target", "packages", "-r",
                        "requirements.txt"},
            .results = {{"packages", ""}},
            .leaves_out = "",
            .debian_package = "python3-pip"};
}

Recipe npm(const Has& has) {
    const bool locked = has("package-lock.json") || has("npm-shrinkwrap.json");
    Recipe recipe{.inputs = present(
                      has, {"package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"}),
                  .version = {"npm", "version", "--json"},
                  .command = {"npm", locked ? "ci" : "install", "--omit=dev", "--no-audit",
                              "--no-fund", "--loglevel=error"},
                  .results = {{"node_modules", "node_modules"}},
                  .leaves_out = "/node_modules/",
                  .debian_package = "npm"};
    if (!locked) recipe.command.emplace_back("--no-package-lock");
    return recipe;
}

// The function is what Maven makes of its sources, so nothing else of the folder is packed.
Recipe maven(const Has& has) {
    return {.inputs = present(has, {"pom.xml", "src"}),
            .version = {"mvn", "--version"},
            .command = {"mvn", "-q", "-B", "package", "dependency:copy-dependencies",
                        "-DincludeScope=runtime", "-DoutputDirectory=target/lib"},
            .results = {{"target/classes", ""}, {"target/lib", "lib"}},
            .leaves_out = "*",
            .debian_package = "maven"};
}

// "-r other.txt", "-e .", "./pkg", "/pkg", "pkg @ file:…"
bool is_local_requirement(std::string_view line) {
    if (line.starts_with('.') || line.starts_with('/')) return true;
    for (const auto option :
         {"-r", "-c", "-e", "--requirement", "--constraint", "--editable", "-f", "--find-links"})
        if (line.starts_with(option)) return true;
    return line.find("file:") != line.npos;
}

}  // namespace

std::optional<Recipe> recipe_for(Language language, const Has& has) {
    const bool any = language == Language::custom;
    if ((any || language == Language::python) && has("requirements.txt")) return pip(has);
    if ((any || language == Language::nodejs) && has("package.json")) return npm(has);
    if ((any || language == Language::java) && has("pom.xml")) return maven(has);
    return {};
}

std::optional<std::string> local_reference(std::string_view manifest, std::string_view text) {
    for (auto line : split(text, '\n')) {
        line = trim(line);
        const bool local = manifest == "requirements.txt" ? is_local_requirement(line)
                           : manifest == "package.json"   ? line.find("\"file:") != line.npos ||
                                                              line.find("\"link:") != line.npos
                                                        : false;
        if (local) return std::string(line);
    }
    return {};
}

}  // namespace mayfly::cli
