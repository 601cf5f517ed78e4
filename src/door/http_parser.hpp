// Beast's HTTP/1 parser, filling a Request directly. Include it only in http_server.cpp: Beast is
// heavy.
#pragma once

#include "door/http.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/parser.hpp>

#include <functional>

namespace mayfly::door {

class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    using ErrorCode = boost::system::error_code;
    using View = boost::beast::string_view;
    using BodyLimit = std::function<std::size_t(std::string_view method, std::string_view path)>;

    // `streams`: the body is taken out of the request piece by piece, so there is no limit to it.
    RequestParser(const BodyLimit& limit, std::size_t dropped_bytes_max, bool streams)
        : limit_(limit), dropped_bytes_max_(dropped_bytes_max), streams_(streams) {
        body_limit(boost::none);  // ours counts, and goes on
        eager(true);
    }

    Request& request() { return request_; }
    bool is_http_1_1() const { return version_ == 11; }

private:
    void on_request_impl(boost::beast::http::verb, View method, View target, int version,
                         ErrorCode&) override {
        version_ = version;
        request_.method = method;
        request_.target = target;
    }
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override {
        request_.headers.add(std::string(name), std::string(value));
    }
    void on_header_impl(ErrorCode&) override {
        const std::string_view target = request_.target;
        const auto query = target.find('?');
        request_.path = target.substr(0, query);
        request_.query = query == target.npos ? std::string_view{} : target.substr(query + 1);
        allowed_ = streams_ ? ~std::size_t{0} : limit_(request_.method, request_.path);
    }
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) override {
        if (length && *length <= allowed_ && !streams_)
            request_.body.reserve(static_cast<std::size_t>(*length));
    }
    std::size_t on_body_impl(View piece, ErrorCode& error) override { return take(piece, error); }
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View piece, ErrorCode& error) override {
        return take(piece, error);
    }
    void on_finish_impl(ErrorCode&) override {}

    std::size_t take(View piece, ErrorCode& error) {
        if (!request_.body_too_large && request_.body.size() + piece.size() <= allowed_) {
            request_.body.append(piece.data(), piece.size());
            return piece.size();
        }
        request_.body_too_large = true;
        request_.body.clear();
        dropped_ += piece.size();
        if (dropped_ > dropped_bytes_max_) error = boost::beast::http::error::body_limit;
        return piece.size();
    }

    const BodyLimit& limit_;
    const std::size_t dropped_bytes_max_;
    const bool streams_;
    Request request_;
    int version_ = 0;
    std::size_t allowed_ = 0, dropped_ = 0;
};

}  // namespace mayfly::door
