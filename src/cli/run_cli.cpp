#include "cli/run_cli.hpp"

#include "base/text.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ostream>

namespace mayfly::cli {
namespace {

const CLI::App* deepest(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? &app : deepest(*chosen.front());
}

// What could stand in place of a word that is not understood: verbs, or options.
std::vector<std::string> candidates(const CLI::App& app, bool options) {
    std::vector<std::string> names;
    if (!options) {
        for (const auto* verb : app.get_subcommands({})) names.push_back(verb->get_name());
        return names;
    }
    for (const auto* at = &app; at; at = at->get_parent()) {
        for (const auto* option : at->get_options()) {
            for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    return names;
}

Error usage(const CLI::App& app, const CLI::ParseError& e) {
    const auto& at = *deepest(app);
    std::string says = e.what();
    const auto extra = app.remaining(true);
    if (!extra.empty()) {
        const bool option = extra.front().starts_with('-');
        says = "'" + extra.front() + "' is not " + (option ? "an option" : "a word") +
               " this command knows";
        if (const auto near = nearest(extra.front(), candidates(at, option))) {
            says += "; did you mean '" + *near + "'?";
        }
    }
    const auto* parent = at.get_parent();
    const auto name =
        parent && parent->get_parent() ? parent->get_name() + " " + at.get_name() : at.get_name();
    return {Kind::invalid, says + " (see 'mayfly" + (parent ? " " + name : "") + " --help')",
            "Usage"};
}

void build(CLI::App& app, Context& context, Action& chosen, const AddVerbs& more) {
    app.require_subcommand(1);
    app.add_option("--endpoint", context.endpoint,
                   "Address of the server, such as http://127.0.0.1:7400");
    app.add_option("--data", context.data, "Data folder of the server on this machine");
    app.add_option("-o,--output", context.output, "How results are written: text or json")
        ->check(CLI::IsMember({"text", "json"}));
    if (more) more(app, chosen);
    add_deploy(app, context, chosen);
    add_invoke(app, context, chosen);
    add_bench(app, context, chosen);
    add_simulate(app, context, chosen);
    add_events(app, context, chosen);
    add_dead(app, context, chosen);
    add_timer(app, context, chosen);
    add_fn(app, context, chosen);
    add_layer(app, context, chosen);
    add_logs(app, context, chosen);
    add_account(app, context, chosen);
    add_bill(app, context, chosen);
    add_why(app, context, chosen);
    add_objects(app, context, chosen);
    add_env(app, context, chosen);
    add_version(app, context, chosen);
    for (auto* verb : app.get_subcommands({})) {
        verb->fallthrough();  // the options above may follow the verb
        for (auto* part : verb->get_subcommands({})) part->fallthrough();
    }
}

}  // namespace

int run_cli(std::vector<std::string> words, Context context, const AddVerbs& more) {
    CLI::App app("Mayfly: Function Compute on your own machines.", "mayfly");
    Action chosen;
    build(app, context, chosen, more);
    if (words.empty()) {
        context.io.err << app.help();
        return 2;
    }
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        context.io.out << deepest(app)->help();
        return 0;
    } catch (const CLI::ParseError& e) {
        say_error(context, usage(app, e));
        return 2;
    }
    const auto done = chosen();
    if (done) return *done;
    say_error(context, done.error());
    return exit_code(done.error().kind);
}

}  // namespace mayfly::cli
