// What a folder says about its functions: mayfly.yaml if it has one, else what its files suggest.
//
//   service: shop                 # "default" if not given
//   role: acs:ram::1000000000000001:role/caller   # with one its functions may call others
//   internetAccess: true          # its functions reach public addresses; false if not given
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
//       concurrency: 10         # calls that one worker takes at once; 1 if not given
//       triggers:                 # what calls it besides the API
//         - {name: web, type: http, auth: anonymous, methods: [GET, POST]}
//                                 # auth: function, if not given: requests must be signed;
//                                 # methods: all of them if not given
//         - {name: new, type: oss, bucket: photos, prefix: in/, suffix: .jpg}
//                                 # events: [oss:ObjectCreated:*], if not given; format: s3 for
//                                 # events of S3's shape
//         - {name: nightly, type: timer, cronExpression: "0 0 2 * * *", payload: x, enable: true}
//         - {name: joined, type: eventbridge, pattern: {type: [user.registered]}, enable: true}
//                                 # with `triggers`, those that are not named here are removed
//       async:                    # of its asynchronous calls; the server's own if not given
//         maxAsyncRetryAttempts: 3
//         maxAsyncEventAgeInSeconds: 86400
//         statefulInvocation: false
//         asyncConcurrency: 4   # that run at once
//         onSuccess: "acs:fc:…"   # or onFailure: what the outcome goes to
//       writes: [photos/out/]     # where it puts objects: a deploy that would make a loop is
//                                 # refused
#pragma once

#include "base/result.hpp"
#include "model/trigger.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::cli {

// Lines are those of mayfly.yaml, from 1.
struct ProjectTrigger {
    TriggerSpec spec;
    int line = 0;
};

struct ProjectFunction {
    FunctionSpec spec;
    std::filesystem::path code;         // the folder to pack
    std::vector<std::string> layers{};  // as they are written
    std::vector<ProjectTrigger> triggers{};
    bool names_triggers = false;        // then others than those are removed
    std::vector<std::string> writes{};  // "BUCKET/PREFIX"
    std::string async{};                // JSON, as the API takes it; empty: nothing is said
    int async_line = 0;
};

struct Project {
    std::filesystem::path file{};  // mayfly.yaml; empty if there is none
    std::string service = "default";
    std::string role{};                      // ARN; with one its functions may call others
    std::optional<bool> internet_access{};   // as it stands there; none: the service's stays
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
