// For tests: runs tasks on a loop of their own until they are done. A source that includes this
// pays for co_spawn; nothing but tests does.
#pragma once

#include "base/check.hpp"
#include "io/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace mayfly::io {

// The answer of the task; an exception out of it is thrown here.
template <class T>
T run_task(boost::asio::io_context& loop, Task<T> task) {
    std::optional<T> answer;
    std::exception_ptr thrown;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e, T value) {
        thrown = e;
        if (!e) answer.emplace(std::move(value));
    });
    loop.restart();
    while (!answer && !thrown) CHECK(loop.run_one() != 0);
    if (thrown) std::rethrow_exception(thrown);
    return *std::move(answer);
}

// A folder of a test's own, gone with it.
class TestFolder {
public:
    TestFolder() {
        auto name = (std::filesystem::temp_directory_path() / "mayfly-test-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace mayfly::io
