# Sourced by run and check: a server of our own, with the function on it. They set $example and $data.
# MAYFLY_PROGRAMS names another folder of programs than the release build's.

mayfly=${MAYFLY_PROGRAMS:-build/release}/mayfly
server=
unset "${!MAYFLY_@}"  # the caller's shell may be pointed at another server

stop_server() {
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server"
    server=
}

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_server PORT: returns when it serves, with $api set and the clients' environment exported.
start_server() {
    local port=$1 ready=$data/ready.json
    if [ "$port" != 0 ] && is_taken "$port"; then
        echo "port $port is taken by another program; a free one is used instead" >&2
        port=0
    fi
    mkdir -p "$data"
    rm -f "$ready"
    set -m  # a process group of its own: ^C is for us, who then ask the server to stop
    "$mayfly" serve --data "$data" --listen "127.0.0.1:$port" --ready-file "$ready" &
    server=$!
    set +m
    trap stop_server EXIT
    until [ -e "$ready" ]; do
        if ! kill -0 "$server" 2>/dev/null; then
            wait "$server" || true
            echo "the server did not start; what it said stands above" >&2
            exit 1
        fi
        sleep 0.02
    done
    eval "$("$mayfly" env --data "$data")"
    api=$MAYFLY_ENDPOINT
}

deploy() {
    "$mayfly" bucket make photos --data "$data" >/dev/null 2>&1  # a success, too, if it is there
    "$mayfly" deploy "$example" --data "$data" 2>/dev/null
}

sample_photo() {
    photo=$example/samples/photo.jpg
    [ -e "$photo" ] || /usr/bin/python3 "$example/samples/make_sample.py" "$photo"
}
