# Sourced by examples' programs: a server of our own, with the functions on it. They set $example and $data, a folder that goes
# with it, $project if the functions are in another folder, and $bucket if they store objects.
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
[ -z "${bucket:-}" ] || "$mayfly" bucket make "$bucket" --data "$data" >/dev/null 2>&1
"$mayfly" deploy "${project:-$example}" --data "$data" >"$data/deploy.log" 2>&1 || { cat "$data/deploy.log" >&2; exit 1; }
