# Servers and workers over a PostgreSQL and a Redis of their own. Sourced by bench/run.

sends=20000
pool=16 # Transactions at once, of the server and of pgbench.
streams=500 stamps=200 delta_ms=50
redis_url= postgres= database_url= template=

start_postgres()
{
    local url folder
    # Durable: every COMMIT is on the disk.
    POSTGRES_FSYNC=on POSTGRES_BUFFERS=512MB tests/tools/postgres_cluster $$ "$dir/postgres"
    { read -r url; read -r folder; } <"$dir/postgres"
    database_url=${url%/postgres}
    postgres=$(head -n 1 "$folder/data/postmaster.pid")
}

# move_prepared DATABASE: what was prepared in SQLite, as a database from which others are copied.
move_prepared()
{
    template=$1
    psql -q "$database_url/postgres" -c "create database $template"
    env -i PATH="$PATH" DEBUG=True SECRET_KEY="$signing_key$signing_key" DATA_DIR="$dir/move" \
        "$program" move --from "sqlite:///$prepared/pollux.sqlite3" --to "$database_url/$template" >"$dir/move.out" 2>&1 ||
        die "pollux move: $(tail -3 "$dir/move.out")"
    psql -q "$database_url/$template" -c 'vacuum analyze'
}

# Debian keeps the server and its tools in one program, which goes by its name.
start_redis()
{
    local redis_port
    redis_port=$(free_port)
    bash -c 'exec -a redis-server /usr/bin/redis-check-rdb "$@"' redis --port "$redis_port" --bind 127.0.0.1 --save '' --dir "$dir" >"$dir/redis.log" &
    redis=$!
    others+=" $redis"
    for _ in {1..100}; do is_open "$redis_port" && break; sleep 0.05; done
    redis_url=redis://127.0.0.1:$redis_port
}

# place_services CORES: PostgreSQL's processes, those to come too, and Redis.
place_services()
{
    local pid
    for pid in $redis $postgres $(<"/proc/$postgres/task/$postgres/children"); do taskset -acp "$1" "$pid" >/dev/null 2>&1 || true; done
}

fresh_database()
{
    psql -q "$database_url/postgres" -c 'drop database if exists bench with (force)' -c "create database bench template $template" -c checkpoint
}

# start_node CORES NAME=VALUE...: a server of the cluster; sets $server and $port.
start_node()
{
    local cores=$1
    shift
    start_server "$cores" DATABASE_URL="$database_url/bench" REDIS_URL="$redis_url" DATA_DIR="$dir/node" WORKERS=external \
        DATABASE_WRITE_POOL="$pool" STOP_DELAY_SECONDS=0 "$@"
}

rows_in_postgres()
{
    psql -qtA -F ' ' "$database_url/bench" -c "select (select count(*) from messages), (select count(*) from jobs),
        (select count(*) from idempotency_keys), (select sum(used) from usage_days)"
}

measure_cluster_send()
{
    local result ratios=() ours=() theirs=() our_us=() loads=() p99=() before after expected
    place_services 0,1
    for ((pair = 0; pair < pairs; ++pair)); do
        fresh_database
        start_node 0,1
        before=$(cpu_ticks "$server")
        result=$(load 0,1 --count "$sends" --connections "$send_connections") || die "sends went wrong"
        after=$(cpu_ticks "$server")
        stop_server
        expected="$((2 * sends + 50)) $sends $sends $sends" # Messages with the reader's 50, jobs, keys, units.
        [ "$(rows_in_postgres)" = "$expected" ] || die "the server wrote $(rows_in_postgres) rows"
        ours+=("$(value_of rate "$result")") loads+=("$(value_of cpu_percent "$result")") p99+=("$(value_of p99_ms "$result")")
        our_us+=("$(us_each $((after - before)) "$sends")")

        fresh_database
        result=$(taskset -c 0,1 pgbench --no-vacuum --protocol=prepared --client="$pool" --jobs=1 --transactions=$((sends / pool)) \
            --define=rooms=$((users * rooms_per_user)) --define=rooms_per_user="$rooms_per_user" --file=bench/send.pgbench \
            "$database_url/bench" 2>"$dir/pgbench.err") || die "pgbench: $(tail -3 "$dir/pgbench.err")"
        [ "$(rows_in_postgres)" = "$expected" ] || die "pgbench wrote $(rows_in_postgres) rows"
        theirs+=("$(awk '/^tps/ {print $3}' <<<"$result")")
        ratios+=("$(divide "${ours[-1]}" "${theirs[-1]}")")
    done
    row "POST message, durable, $pool transactions at once, PostgreSQL on the same two cores" \
        "$(printf '%.0f' "$(median "${ours[@]}")")/s, $(median "${our_us[@]}") us of the server's CPU, p99 $(median "${p99[@]}") ms (load $(bound "$(median "${loads[@]}")"))" \
        "pgbench, the same statements: $(printf '%.0f' "$(median "${theirs[@]}")")/s" \
        "$(printf '%.2f' "$(median "${ratios[@]}")") ($(format=%.2f spread "${ratios[@]}"))" ">= 0.6, later 0.8"
}

# compare_embedded NAME PATH BUDGET: the same request of both shapes.
compare_embedded()
{
    local path=$2 ratios=() ours=() theirs=() our_us=() their_us=() our_load=() their_load=() embedded embedded_port
    place_services 1
    fresh_data
    start_server 0 THREADS=1
    embedded=$server embedded_port=$port
    others+=" $embedded"
    fresh_database
    start_node 0 THREADS=1
    [ "$(body_of "$port" "$path" | sed 's/"request_id":"[^"]*"//' | cksum)" = "$(body_of "$embedded_port" "$path" | cksum)" ] ||
        die "the two shapes do not answer the same: $(body_of "$port" "$path")"
    get "$server" "$port" "$path" 1
    get "$embedded" "$embedded_port" "$path" 1
    for ((pair = 0; pair < pairs; ++pair)); do
        get "$server" "$port" "$path" "$get_seconds"
        ours+=("$rate") our_us+=("$cpu_us") our_load+=("$load_cpu")
        get "$embedded" "$embedded_port" "$path" "$get_seconds"
        theirs+=("$rate") their_us+=("$cpu_us") their_load+=("$load_cpu")
        ratios+=("$(divide "${ours[-1]}" "${theirs[-1]}")")
    done
    stop_server
    kill -TERM "$embedded"
    wait "$embedded" || die "the embedded server ended badly"
    others=${others/ $embedded/}
    row "$1" "$(printf '%.0f' "$(median "${ours[@]}")")/s, $(median "${our_us[@]}") us of CPU (load $(bound "$(median "${our_load[@]}")"))" \
        "embedded: $(printf '%.0f' "$(median "${theirs[@]}")")/s, $(median "${their_us[@]}") us of CPU (load $(bound "$(median "${their_load[@]}")"))" \
        "$(printf '%.2f' "$(median "${ratios[@]}")") ($(format=%.2f spread "${ratios[@]}"))" "$3"
}

start_gemini()
{
    printf '{"default": {"stamps": %d, "first_delay_ms": %d, "chunk_delay_ms": %d}}' "$stamps" "$delta_ms" "$delta_ms" >"$dir/plan.json"
    taskset -c 0,1 "build/$build/pollux-sims" gemini --listen 127.0.0.1:0 --plan "$dir/plan.json" >"$dir/gemini.out" &
    gemini=$!
    others+=" $gemini"
    for _ in {1..100}; do grep -q listening "$dir/gemini.out" && break; sleep 0.05; done
    gemini_url=http://$(awk '/listening on/ {print $3}' "$dir/gemini.out")
}

# Two servers, a worker that has all the replies, and the readers.
measure_streams()
{
    local result worker first_port model
    place_services 0,1
    start_gemini
    fresh_database
    model=(GEMINI_API_KEY=bench GEMINI_BASE_URL="$gemini_url" MODEL_CONCURRENCY=1000 WORKER_CONCURRENCY=600)
    for ((pair = 0; pair < pairs; ++pair)); do
        start_node 0,1 "${model[@]}"
        env -i PATH="$PATH" DEBUG=True SECRET_KEY="$signing_key$signing_key" DATABASE_URL="$database_url/bench" REDIS_URL="$redis_url" \
            DATA_DIR="$dir/worker" METRICS_LISTEN= LOG_LEVEL=warning LOG_FORMAT=json "${model[@]}" \
            taskset -c 0,1 "$program" worker >"$dir/worker.out" 2>"$dir/worker.log" &
        worker=$!
        others+=" $worker"
        result=$(taskset -c 0,1 "build/$build/bench/pollux-bench-streams" --port "$port" --signing-key "$signing_key" --streams "$streams" \
            --rooms-per-user "$rooms_per_user" --stamps "$stamps") || die "streams went wrong: $result $(tail -3 "$dir/worker.log")"
        echo "$result" >&2
        stop_server
        kill -TERM "$worker"
        wait "$worker" || die "the worker ended badly"
        others=${others/ $worker/}
    done
}

measure_cluster()
{
    start_postgres
    move_prepared prepared
    start_redis
    if wanted send; then measure_cluster_send; fi
    if wanted rooms; then compare_embedded "GET /chatroom/, 20 rooms, from cache, server on one core" /chatroom/ ">= 0.6"; fi
    if wanted room; then compare_embedded "GET /chatroom/{id}/, 50 messages, server on one core" "/chatroom/$reader_room/" ">= 0.6"; fi
    if wanted streams; then measure_streams; fi
}
