// What a folder says about its functions: mayfly.yaml if it has one, else what its files suggest.
//
//   service: shop                 # "default" if not given
//   role: acs:ram::1000000000000001:role/caller   # with one its functions may call others
//   functions:
//     thumbs:                     # every key below may be left out
//       handler: index.handler
//       runtime: python3
//       memory: 256               # MB
//       timeout: 10               # seconds
//       initializer: index.init
//       code: thumbs              # folder, relative to the file; its own if not given
//       environment: {SIZE: "800"}
//       layers: [fonts, "acs:fc:…"]  # NAME (its newest version), NAME:VERSION or ARN
//       isolation: strict       # or request: a worker takes one call; "standard" if not given
//       events_at_once: 4       # events of it that run at once; the server's default if not given
//       triggers:                 # what calls it besides the API
//         - {name: web, type: http, auth: anonymous, methods: [GET, POST]}
//                                 # auth: function, if not given: requests must be signed;
//                                 # methods: all of them if not given
//         - {name: new, type: oss, bucket: photos, prefix: in/, suffix: .jpg}
//                                 # events: [oss:ObjectCreated:*], if not given
//       writes: [photos/out/]     # where it puts objects: a deploy that would make a loop is
//       refused
#pragma once

#include "base/result.hpp"
#include "model/trigger.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::cli {

struct ProjectFunction {
    FunctionSpec spec;
    std::filesystem::path code;         // the folder to pack
    std::vector<std::string> layers{};  // as they are written
    std::vector<TriggerSpec> triggers{};
    std::vector<std::string> writes{};  // "BUCKET/PREFIX"
    int events_at_once = 0;             // 0: not said
};

struct Project {
    std::string service = "default";
    std::string role{};                      // ARN; with one its functions may call others
    std::vector<ProjectFunction> functions;  // by name
};

// What the command line says over the file; empty means it does not.
struct Overrides {
    std::string service, name, handler, runtime;
    std::optional<int> memory_mb;
    std::optional<int> timeout_s;
    std::vector<std::string> env;  // "KEY=VALUE"
};

// invalid: the file is wrong (the sentence has its line), or nothing tells what the function is.
Result<Project> load_project(const std::filesystem::path& folder, const Overrides& overrides);

}  // namespace mayfly::cli
