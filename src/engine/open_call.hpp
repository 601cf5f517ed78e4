// Private to engine*.cpp: a call that has not ended.
#pragma once

#include "engine/answer_body.hpp"
#include "engine/engine.hpp"
#include "io/one_shot.hpp"
#include "workers/answer_parts.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mayfly::engine {

struct Engine::OpenCall {
    Call& call;
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
    workers::AnswerParts parts{0};
    std::shared_ptr<AnswerBody> body{};  // once its answer has begun to come in parts
    bool unread = false;                 // nobody wants its parts, and the worker knows
    std::string no_http{};               // why its parts cannot be sent, should that be so
    io::OneShot<Result<Reply>> reply{};
};

// One whose caller has the head of its answer: it outlives its invoke().
struct Engine::Streamed {
    explicit Streamed(OpenCall& begun);

    Call call;
    OpenCall open;
};

}  // namespace mayfly::engine
