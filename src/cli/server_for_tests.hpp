// A server for the tests of the command line: it answers what a test says, to signed requests only.
#pragma once

#include "auth/fc_signature.hpp"
#include "base/text.hpp"
#include "io/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace mayfly::cli {

// Answers one connection after the other on a thread of its own.
class ServerForTests {
public:
    using Answer = std::function<io::HttpResponse(const io::HttpRequest&)>;

    ServerForTests(auth::KeyRing keys, const Clock& clock, Answer answer)
        : keys_(std::move(keys)),
          clock_(clock),
          answer_(std::move(answer)),
          thread_([this] { serve(); }) {}
    ~ServerForTests() {
        leaving_ = true;
        boost::asio::ip::tcp::socket knock(io_);
        boost::system::error_code ignored;
        knock.connect(listener_.local_endpoint(), ignored);
        thread_.join();
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(listener_.local_endpoint().port());
    }

private:
    using tcp = boost::asio::ip::tcp;

    void serve() {
        while (!leaving_) {
            boost::system::error_code ignored;
            auto peer = listener_.accept(ignored);
            if (leaving_) return;
            const auto response = answer(read(peer));
            std::string text = "HTTP/1.1 " + std::to_string(response.status) + " X\r\n";
            for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
            text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" +
                    response.body;
            boost::asio::write(peer, boost::asio::buffer(text), ignored);
        }
    }

    io::HttpResponse answer(const io::HttpRequest& request) {
        const auto at = std::min(request.target.find('?'), request.target.size());
        const std::string_view target = request.target;
        const auto query = at < target.size() ? target.substr(at + 1) : "";
        const auto who =
            auth::verify_fc(keys_, {request.method, target.substr(0, at), query, request.headers},
                            clock_.wall(), memo_);
        if (who) return answer_(request);
        return {.status = 403,
                .body = R"({"ErrorCode":")" + who.error().code + R"(","ErrorMessage":"no"})"};
    }

    static io::HttpRequest read(tcp::socket& peer) {
        std::string text;
        boost::system::error_code ignored;
        const auto head =
            boost::asio::read_until(peer, boost::asio::dynamic_buffer(text), "\r\n\r\n", ignored);
        io::HttpRequest request;
        std::size_t length = 0;
        const auto lines = split(std::string_view(text).substr(0, head), '\n');
        const auto words = split(lines.front(), ' ');
        request.method = words.at(0);
        request.target = words.at(1);
        for (const auto line : lines) {
            const auto colon = line.find(": ");
            if (colon == line.npos) continue;
            request.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 2)));
            if (iequals(line.substr(0, colon), "content-length")) {
                length =
                    static_cast<std::size_t>(parse_int(trim(line.substr(colon + 2))).value_or(0));
            }
        }
        request.body = text.substr(head);
        const auto have = request.body.size();
        request.body.resize(length);
        if (length > have) {
            boost::asio::read(peer, boost::asio::buffer(request.body.data() + have, length - have),
                              ignored);
        }
        return request;
    }

    auth::KeyRing keys_;
    auth::SignatureMemo memo_;
    const Clock& clock_;
    Answer answer_;
    std::atomic<bool> leaving_ = false;
    boost::asio::io_context io_;
    tcp::acceptor listener_{io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

}  // namespace mayfly::cli
