# Sourced by drive and check: a server of our own, with the functions on it. They set $data.
# MAYFLY_PROGRAMS names another folder of programs than the release build's.

mayfly=${MAYFLY_PROGRAMS:-build/release}/mayfly
unset "${!MAYFLY_@}"  # the caller's shell may be pointed at another server
mkdir -p "$data"
"$mayfly" serve --data "$data" --listen 127.0.0.1:0 --ready-file "$data/ready.json" >"$data/server.log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$data"' EXIT
until [ -e "$data/ready.json" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$data/server.log" >&2; exit 1; }
    sleep 0.02
done
eval "$("$mayfly" env --data "$data")"
"$mayfly" bucket make films --data "$data" >/dev/null 2>&1
"$mayfly" deploy "$example" --data "$data" >/dev/null 2>&1 || { "$mayfly" deploy "$example" --data "$data"; exit 1; }

# A film of so many seconds: a test picture that moves, and a tone.
film() { ffmpeg -v error -nostdin -y -f lavfi -i "testsrc=size=640x480:rate=25:duration=$1" -f lavfi -i "sine=440:duration=$1" \
    -c:v libx264 -preset ultrafast -g 25 -c:a aac -shortest "$2"; }
