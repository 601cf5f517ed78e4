#include "cli/install.hpp"

#include "base/digest.hpp"
#include "base/draft_folder.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/recipe.hpp"
#include "cli/tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder(const Context& context) {
    const auto set = context.get("XDG_CACHE_HOME");
    const auto base = set.empty() ? fs::path(context.get("HOME")) / ".cache" : fs::path(set);
    return base / "mayfly" / "installed";
}

void say(Context& context, const ProjectFunction& function, const std::string& what) {
    if (!context.json()) context.io.err << "build  " << function.spec.name << ": " << what << '\n';
}

// An input's files, in order: itself, or all that is below it.
std::vector<fs::path> files_of(const fs::path& input) {
    if (!fs::is_directory(input)) return {input};
    std::vector<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator(input))
        if (entry.is_regular_file()) all.push_back(entry.path());
    std::ranges::sort(all);
    return all;
}

void add_part(std::string& sum, std::string_view part) {
    sum += fmt::format("{}:{}\n", part.size(), part);
}

// All that decides what is installed, as one hash.
Result<std::string> name_of(const Recipe& recipe, const fs::path& folder,
                            const std::string& versions) {
    std::string sum;
    add_part(sum, versions);
    for (const auto& word : recipe.command) add_part(sum, word);
    for (const auto& input : recipe.inputs) {
        for (const auto& file : files_of(folder / input)) {
            TRY(const auto bytes, read_file(file));
            if (const auto line = local_reference(input, bytes))
                return fail(Kind::invalid,
                            fmt::format("{} names something on this disk ('{}'); name what can be "
                                        "installed from anywhere, or put it into the folder",
                                        file.string(), *line));
            add_part(sum, file.lexically_relative(folder).string());
            add_part(sum, sha256(bytes));
        }
    }
    return hex(sha256(sum));
}

Result<std::string> run(Context& context, const Recipe& recipe,
                        const std::vector<std::string>& words, const fs::path& folder) {
    auto output = run_tool(words, folder, context.env);
    const bool missing =
        !output && (output.error().kind == Kind::not_found ||
                    output.error().what.find("No module named pip") != std::string::npos);
    if (missing)
        return fail(Kind::internal,
                    fmt::format("'{}' needs the Debian package {}; apt-get install {}",
                                command_line(words), recipe.debian_package, recipe.debian_package),
                    "ToolMissing");
    return output;
}

// What came of the work folder, under its names in the package.
void collect(const Recipe& recipe, const fs::path& work, const fs::path& result) {
    fs::create_directories(result);
    for (const auto& [from, to] : recipe.results) {
        if (!fs::exists(work / from)) continue;  // nothing was needed
        for (const auto& entry : fs::directory_iterator(work / from)) {
            fs::create_directories(result / to);
            fs::rename(entry.path(), result / to / entry.path().filename());
        }
    }
}

Result<void> install(Context& context, const Recipe& recipe, const fs::path& folder,
                     const fs::path& kept) {
    fs::create_directories(kept.parent_path());
    TRY(auto draft, DraftFolder::make(kept));
    const auto work = draft.path() / "work";
    fs::create_directories(work);
    for (const auto& input : recipe.inputs)
        fs::copy(folder / input, work / input, fs::copy_options::recursive);
    TRYV(run(context, recipe, recipe.command, work));
    collect(recipe, work, draft.path() / "package");
    fs::remove_all(work);
    return draft.keep_as(kept);
}

Result<std::optional<Addition>> installed(Context& context, const ProjectFunction& function,
                                          const Recipe& recipe) {
    TRY(const auto versions, run(context, recipe, recipe.version, function.code));
    TRY(const auto name, name_of(recipe, function.code, versions));
    const auto kept = cache_folder(context) / name;
    if (fs::exists(kept)) {
        say(context, function, recipe.inputs.front() + " is installed already");
    } else {
        say(context, function, command_line(recipe.command));
        const auto begun = context.clock.now();
        TRYV(install(context, recipe, function.code, kept));
        const std::chrono::duration<double> took = context.clock.now() - begun;
        say(context, function, fmt::format("took {:.1f} s", took.count()));
    }
    return Addition{kept / "package", recipe.leaves_out};
}

}  // namespace

Result<std::optional<Addition>> install_dependencies(Context& context,
                                                     const ProjectFunction& function) {
    const auto language = language_of(function.spec.runtime);
    const auto recipe = recipe_for(language.value_or(Language::custom), [&](std::string_view name) {
        std::error_code ignored;
        return fs::exists(function.code / name, ignored);
    });
    if (!recipe) {
        say(context, function, "declares no dependencies");
        return std::nullopt;
    }
    try {
        return installed(context, function, *recipe);
    } catch (const fs::filesystem_error& error) {
        return fail(Kind::internal, fmt::format("the dependencies of '{}' cannot be installed: {}",
                                                function.spec.name, error.what()));
    }
}

}  // namespace mayfly::cli
