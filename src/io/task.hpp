// The coroutine type of the whole house. A Task runs on the loop thread unless its header says
// else.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace mayfly {

template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace mayfly
