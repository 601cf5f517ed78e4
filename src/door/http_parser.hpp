// Beast's HTTP/1 parser, filling a Request directly. Include it only in http_server.cpp: Beast is
// heavy.
#pragma once

#include "door/http.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <functional>

namespace mayfly::door {

class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    using ErrorCode = boost::system::error_code;
    using View = boost::beast::string_view;

    // `streams`: whatever the plan.
    RequestParser(const BodyPlans& plans, std::size_t dropped_bytes_max, bool streams)
        : plans_(plans), dropped_bytes_max_(dropped_bytes_max), streams_(streams) {
        body_limit(boost::none);  // ours counts, and goes on
        eager(true);
    }

    Request& request() { return request_; }
    bool is_http_1_1() const { return version_ == 11; }

    // The body is to be taken out of the request piece by piece, so there is no limit to it. Once
    // the header is here.
    bool streams() const { return streams_; }

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
        const auto plan = plans_(request_.method, request_.path);
        const auto length = content_length();
        if (plan.streams_over && (chunked() || (length && *length > *plan.streams_over)))
            streams_ = true;
        allowed_ = streams_ ? ~std::size_t{0} : plan.bytes_max;
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

    const BodyPlans& plans_;
    const std::size_t dropped_bytes_max_;
    bool streams_;
    Request request_;
    int version_ = 0;
    std::size_t allowed_ = 0, dropped_ = 0;
};

// What a request that cannot even be parsed is told.
inline Response refusal(const boost::system::error_code& error) {
    Response response{.status = 400};
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    if (error == boost::beast::http::error::header_limit) {
        response.status = 431;
        response.body = "The request's header fields are too large.\n";
    } else if (error == boost::beast::http::error::body_limit) {
        response.status = 413;
        response.body = "The request's body is too large.\n";
    } else {
        response.body = "This is not an HTTP/1.1 request: " + error.message() + ".\n";
    }
    return response;
}

inline bool is_protocol_error(const boost::system::error_code& error) {
    return error.category() ==
               boost::beast::http::make_error_code(boost::beast::http::error::bad_method)
                   .category() &&
           error != boost::beast::http::error::end_of_stream &&
           error != boost::beast::http::error::partial_message;
}

}  // namespace mayfly::door
