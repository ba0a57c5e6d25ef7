# What the measurements of both shapes share: the server, nginx, the load, the table. Sourced by bench/run, which sets $build, $program,
# $only and $pairs; what is started is ended by stop_all, by its process id.

users=2000 rooms_per_user=5 reader=2001 reader_room=10001
sends=40000 send_connections=128
cycles=12000 cycle_connections=128
get_seconds=4 get_connections=64
signing_key=bench-bench-bench-bench-bench-bench-bench

dir= server= nginx= watchdog= others= prepared=
stop_all()
{
    trap - EXIT
    for pid in $server $nginx $others $watchdog; do kill "$pid" 2>/dev/null || true; done
    [ -n "$server$nginx$others" ] && wait $server $nginx $others 2>/dev/null || true
    [ -z "$dir" ] || rm -rf "$dir"
}
trap stop_all EXIT
trap 'die "stopped"' INT TERM

wanted() { [ -z "$only" ] || [ "$only" = "$1" ]; }
cpu_ticks() { awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$1/stat"; }
# median, lowest and highest of numbers
median() { printf '%s\n' "$@" | sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
spread() { printf '%s\n' "$@" | sort -g | awk -v f="$format" 'NR == 1 {low = $1} {high = $1} END {printf f " to " f, low, high}'; }
divide() { awk -v a="$1" -v b="$2" -v f="${3:-%.3f}" 'BEGIN {printf f, a / b}'; }
value_of() { tr ' ' '\n' <<<"$2" | sed -n "s/^$1=//p"; }

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port()
{
    local candidate
    for _ in {1..50}; do
        candidate=$((10000 + RANDOM % 20000))
        is_open "$candidate" || { echo "$candidate"; return; }
    done
    die "no free port"
}

# answer PORT PATH: the whole answer, head and body.
answer()
{
    local connection
    exec {connection}<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n' "$2" "${token:-}" >&"$connection"
    cat <&"$connection"
    exec {connection}>&-
}
body_of() { answer "$@" | sed '1,/^\r$/d'; }

# start_server CORES NAME=VALUE...: on $dir/data; sets $server and $port. Returns with the first answer, after $start_us. Nothing of
# the waiting is another process: this shell tries to connect, on core 1, until it can. $under: what the server runs under.
start_server()
{
    local cores=$1 began status
    shift
    port=$(free_port)
    began=${EPOCHREALTIME/./}
    env -i PATH="$PATH" DEBUG=True RATE_LIMITS=off BASIC_DAILY_MESSAGES=1000000 QUEUE_MAX=1000000 METRICS_LISTEN= LISTEN="127.0.0.1:$port" \
        DATA_DIR="$dir/data" JWT_SIGNING_KEY="$signing_key" LOG_LEVEL=warning LOG_FORMAT=json DEMO_TOKENS_PER_SECOND=0 "$@" \
        taskset -c "$cores" ${under:-} "$program" serve >"$dir/server.out" 2>"$dir/server.log" &
    server=$!
    until { exec 4<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do
        [ $((${EPOCHREALTIME/./} - began)) -lt 60000000 ] && kill -0 "$server" 2>/dev/null || die "no server: $(cat "$dir/server.log")"
    done
    printf 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&4
    read -r status <&4
    start_us=$((${EPOCHREALTIME/./} - began))
    exec 4>&-
    [ "$status" = $'HTTP/1.1 200 OK\r' ] || die "the server answers $status"
}
# load CORES ARGUMENT...: pollux-load against the server; prints its line of figures.
load()
{
    local cores=$1
    shift
    taskset -c "$cores" "build/$build/bench/pollux-load" --port "$port" --signing-key "$signing_key" --users "$users" \
        --rooms-per-user "$rooms_per_user" "$@"
}
# us_each TICKS COUNT: microseconds of CPU for one.
us_each() { awk -v t="$1" -v hz="$(getconf CLK_TCK)" -v n="$2" 'BEGIN {printf "%.1f", 1e6 * t / hz / n}'; }
stop_server()
{
    kill -TERM "$server"
    wait "$server" || die "the server ended badly: $(tail -5 "$dir/server.log")"
    server=
}

# Users and rooms for the sends, and one user with 20 rooms, one of which has 50 messages.
prepare_data()
{
    rm -rf "$dir/data"
    mkdir -p "$dir/data"
    start_server 0,1
    stop_server
    sqlite3 "$dir/data/pollux.sqlite3" <<SQL
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < $reader)
insert into users (id, mobile, name, is_verified, date_joined) select i, '+1555' || (1000000 + i), 'Ada', 1, 1800000000000000 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < $((users * rooms_per_user)))
insert into rooms (id, user_id, name, is_named, system_prompt, pinned, created_at, updated_at)
    select i, (i - 1) / $rooms_per_user + 1, 'Promises and what they weigh', 1, '', 0, 1800000000000000 + i, 1800000000000000 + i from n;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 19)
insert into rooms (id, user_id, name, is_named, system_prompt, pinned, created_at, updated_at, last_text, last_role, last_at)
    select $reader_room + i, $reader, 'Promises and what they weigh, part ' || i, 1, '', 0, 1800000000000000 + i, 1800000000000000 + i,
        'A promise to somebody asleep binds you all the same; what changes is who may release you from it, and when. Rest well.',
        'assistant', 1800000000000000 + i from n;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 24)
insert into messages (room_id, user_id, role, status, content, created_at, completed_at)
    select $reader_room, $reader, 'user', 'completed', 'How do I keep a promise that I gave to somebody who is asleep? Part ' || i || '.',
        1800000000000000 + i, 1800000000000000 + i from n;
insert into messages (room_id, user_id, role, status, content, reply_to, parent_id, model, finish_reason, prompt_tokens, completion_tokens,
        thought_tokens, attempt, created_at, completed_at)
    select room_id, user_id, 'assistant', 'completed',
        replace(hex(zeroblob(6)), '00', 'A promise to somebody asleep binds you all the same; what changes is who may release you from it. '),
        id, id, 'demo', 'stop', 20, 90, 0, 1, created_at + 1000, created_at + 2000 from messages where room_id = $reader_room;
commit;
SQL
    cp -r "$dir/data" "$prepared"
}
fresh_data() { rm -rf "$dir/data"; cp -r "$prepared" "$dir/data"; }

get_headers=() # Further arguments of wrk.
# get PID PORT PATH SECONDS: sets $rate, $cpu_us (of PID, a request) and $load_cpu (percent).
get()
{
    local before after timing requests
    before=$(cpu_ticks "$1")
    TIMEFORMAT='%R %U %S'
    { time taskset -c 1 wrk -t1 -c"$get_connections" -d"${4}s" -H "Authorization: Bearer $token" "${get_headers[@]}" "http://127.0.0.1:$2$3" \
        >"$dir/wrk.out" 2>&1; } 2>"$dir/wrk.time"
    after=$(cpu_ticks "$1")
    grep -qE 'Non-2xx|Socket errors' "$dir/wrk.out" && die "wrong answers: $(cat "$dir/wrk.out")"
    rate=$(awk '/Requests\/sec/ {print $2}' "$dir/wrk.out")
    requests=$(awk '/requests in/ {print $1}' "$dir/wrk.out")
    timing=$(tail -1 "$dir/wrk.time")
    load_cpu=$(awk '{printf "%.0f", 100 * ($2 + $3) / $1}' <<<"$timing")
    cpu_us=$(us_each $((after - before)) "$requests")
}

rows=()
row() { rows+=("| $1 | $2 | $3 | $4 | $5 |"); printf '%s | %s | %s | %s | %s\n' "$@" >&2; }
bound() { awk -v p="$1" 'BEGIN {printf (p > 95 ? "%.0f %% load-bound" : "%.0f %%"), p}'; }
