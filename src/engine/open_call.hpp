// Private to engine*.cpp: a call whose caller has not been told yet.
#pragma once

#include "engine/engine.hpp"
#include "io/one_shot.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mayfly::engine {

struct Engine::OpenCall {
    const Call& call;
    Route route;
    WallTime arrived;
    std::string about{};  // the JSON of its frame
    WorkerId worker{};
    Start start = Start::warm;
    Time came{};
    Time begun{};
    Time initialized{};      // for this call
    std::string_view cause;  // why no worker waited for it, should that be so
    std::string instance_id{};
    std::unique_ptr<const TraceContext> span{};  // null: nobody asked for one
    io::OneShot<Result<Reply>> reply{};
};

}  // namespace mayfly::engine
