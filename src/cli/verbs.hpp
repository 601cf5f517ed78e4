// Private to cli/: each verb declares itself to the parser and says what is then to be done.
#pragma once

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace mayfly::cli {

// `context` and `chosen` outlive the parsing and the action.
void add_deploy(CLI::App& app, Context& context, Action& chosen);
void add_invoke(CLI::App& app, Context& context, Action& chosen);
void add_bench(CLI::App& app, Context& context, Action& chosen);
void add_simulate(CLI::App& app, Context& context, Action& chosen);
void add_events(CLI::App& app, Context& context, Action& chosen);
void add_dead(CLI::App& app, Context& context, Action& chosen);
void add_timer(CLI::App& app, Context& context, Action& chosen);
void add_fn(CLI::App& app, Context& context, Action& chosen);
void add_layer(CLI::App& app, Context& context, Action& chosen);
void add_logs(CLI::App& app, Context& context, Action& chosen);
void add_account(CLI::App& app, Context& context, Action& chosen);
void add_bill(CLI::App& app, Context& context, Action& chosen);
void add_why(CLI::App& app, Context& context, Action& chosen);
void add_objects(CLI::App& app, Context& context, Action& chosen);  // put, get, ls, rm, bucket
void add_env(CLI::App& app, Context& context, Action& chosen);
void add_version(CLI::App& app, Context& context, Action& chosen);

}  // namespace mayfly::cli
