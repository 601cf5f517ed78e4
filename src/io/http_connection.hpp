// One HTTP/1.1 connection of a client, kept open from one exchange to the next.
#pragma once

#include "base/clock.hpp"
#include "io/http_client.hpp"
#include "io/task.hpp"

#include <memory>

namespace mayfly::io {

// Loop thread only. Destroying it closes the connection; not while an exchange is under way.
class HttpConnection {
public:
    // Nothing is connected before the first exchange. `peer` outlives it.
    HttpConnection(boost::asio::any_io_executor loop, const HttpClient& peer);
    ~HttpConnection();

    // Sends and waits for the whole response, whatever its status. Connects first where nothing is
    // connected. `keep`: the server is told that more will follow.
    // unavailable: no connection, or it broke; timed_out: not done within `limit`. Either way the
    // next exchange connects anew. `request` lives until the task is done.
    Task<Result<HttpResponse>> exchange(const HttpRequest& request, Millis limit, bool keep);

    // Both sides keep it open, as far as is known.
    bool is_open() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mayfly::io
