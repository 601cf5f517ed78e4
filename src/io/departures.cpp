#include "io/departures.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace mayfly::io {

namespace asio = boost::asio;

struct Departures::Leaving {
    std::move_only_function<void()> go, gone;
};

Task<> Departures::leave(std::move_only_function<void()> go) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [&](auto gone) {
            auto next = next_.lock();
            if (!next) {
                next_ = next = std::make_shared<std::vector<Leaving>>();
                asio::post(loop_, [this, all = next] {
                    next_.reset();  // whoever goes on may come again
                    for (auto& one : *all) one.go();
                    for (auto& one : *all) one.gone();
                });
            }
            next->push_back({std::move(go), std::move(gone)});
        },
        asio::use_awaitable);
}

}  // namespace mayfly::io
