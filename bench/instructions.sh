# The instructions that a request takes outside the kernel, of two versions, counted by callgrind: the same from run to run on a machine
# that is busy with something else, which times are not. Sourced by bench/run, which sets $build and $beside.

few=200 many=1200 # What the start takes falls out of the difference.
count_connections=16

# ask PATH COUNT: one after another, on one connection.
ask() { curl -s --fail -o "$dir/answers" -H "Authorization: Bearer $token" "http://127.0.0.1:$port$1#[1-$2]" || die "GET $1 went wrong"; }

# counted MEASURE COUNT: the instructions of a server that did so much, and nothing else.
counted()
{
    local under="valgrind --tool=callgrind --callgrind-out-file=$dir/callgrind"
    case $1 in
    rooms) start_side; ask /chatroom/ "$2" ;;
    room) start_side; ask "/chatroom/$reader_room/" "$2" ;;
    send) start_side WORKERS=external; load 1 --count "$2" --connections "$count_connections" >"$dir/load.out" || die "sends went wrong" ;;
    cycles) start_side; load 1 --count "$2" --connections "$count_connections" --wait 25 >"$dir/load.out" || die "cycles went wrong" ;;
    esac
    stop_server
    awk '/Collected/ {print $4}' "$dir/server.log"
}

# each_of SIDE MEASURE: instructions of one request.
each_of()
{
    local first second
    use_side "$1"
    first=$(counted "$2" "$few") && second=$(counted "$2" "$many") || die "$2 went wrong"
    [ "${second:-0}" -gt "${first:-0}" ] || die "callgrind counted nothing: $(tail -3 "$dir/server.log")"
    echo $(((second - first) / (many - few)))
}

instructions_row()
{
    local ours theirs
    wanted "$1" || return 0
    ours=$(each_of new "$1") && theirs=$(each_of old "$1") || exit
    row "$shape: $2" "$ours instructions" "$theirs" "$(divide "$ours" "$theirs")" "<= 1.05"
}

count_instructions()
{
    instructions_row rooms "GET /chatroom/, 20 rooms"
    instructions_row room "GET /chatroom/{id}/, 50 messages"
    instructions_row send "POST message, durable, WORKERS=external"
    if [ "$shape" = embedded ]; then instructions_row cycles "whole cycles, send to completed reply"; fi
}
