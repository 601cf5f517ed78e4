// The program of the function that tests custom runtimes when the server starts: answers each
// request with its own body, one connection at a time. As small as a program for a custom runtime
// gets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

int listen_on(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool ok =
        ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(listener, 16) == 0;
    return ok ? listener : -1;
}

// Reads on until `text` has so many bytes. False at the end of the connection.
bool read_up_to(int connection, std::string& text, std::size_t bytes) {
    char block[65536];
    while (text.size() < bytes) {
        const auto n = ::recv(connection, block, sizeof block, 0);
        if (n <= 0) return false;
        text.append(block, static_cast<std::size_t>(n));
    }
    return true;
}

bool send_all(int connection, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const auto n = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return false;
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

// One request and its answer; `text` keeps what was read beyond it.
bool answer_one(int connection, std::string& text) {
    std::size_t end = 0;
    while ((end = text.find("\r\n\r\n")) == text.npos)
        if (!read_up_to(connection, text, text.size() + 1)) return false;
    const auto length_at = text.find("Content-Length: ");  // as the shim writes it
    const auto length =
        length_at < end ? std::strtoull(text.c_str() + length_at + 16, nullptr, 10) : 0;
    const auto whole = end + 4 + length;
    if (!read_up_to(connection, text, whole)) return false;
    const auto body = text.substr(end + 4, length);
    text.erase(0, whole);
    return send_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) +
                                    "\r\n\r\n" + body);
}

}  // namespace

int main() {
    const char* port = std::getenv("FC_SERVER_PORT");
    const int listener = listen_on(port ? std::atoi(port) : 9000);
    if (listener < 0) return 1;
    for (;;) {
        const int connection = ::accept(listener, nullptr, nullptr);
        if (connection < 0) return 1;
        std::string text;
        while (answer_one(connection, text)) {
        }
        ::close(connection);
    }
}
