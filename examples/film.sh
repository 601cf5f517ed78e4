# Sourced by examples' programs.

# film SECONDS FILE: a film of so many seconds: a test picture that moves, and a tone.
film() { ffmpeg -v error -nostdin -y -f lavfi -i "testsrc=size=640x480:rate=25:duration=$1" -f lavfi -i "sine=440:duration=$1" \
    -c:v libx264 -preset ultrafast -g 25 -c:a aac -shortest "$2"; }
