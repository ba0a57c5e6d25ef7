# One process on SQLite. Sourced by bench/run.

# start_nginx PATH FILE: answers PATH with the bytes of FILE from memory and the server's headers. A word of its configuration may have
# 4,096 bytes, so the body is put together from pieces.
start_nginx()
{
    local pieces count
    nginx_port=$(free_port)
    pieces=$(fold -b -w 3000 "$2" | sed "s/[\\\\']/\\\\&/g" | awk -v q="'" '{printf "set $b%d %s%s%s;\n", NR, q, $0, q}')
    count=$(wc -l <<<"$pieces")
    cat >"$dir/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    server_tokens off;
    keepalive_requests 1000000000;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
    default_type application/json;
    server {
        listen 127.0.0.1:$nginx_port;
        location = $1 {
            $pieces
            add_header Cache-Control no-store;
            add_header X-Content-Type-Options nosniff;
            add_header X-Request-ID \$request_id;
            return 200 "$(seq -f '${b%.0f}' -s '' "$count")";
        }
    }
}
CONF
    taskset -c 0 nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
    nginx=$!
    for _ in {1..100}; do is_open "$nginx_port" && break; sleep 0.05; done
    [ "$(body_of "$nginx_port" "$1" | cksum)" = "$(cksum <"$2")" ] || die "nginx does not answer the same bytes: $(cat "$dir/nginx.err")"
}
# start_nginx_pages: ui/dist as nginx serves files best: from its cache of open ones, by sendfile, compressed beforehand.
start_nginx_pages()
{
    nginx_port=$(free_port)
    cat >"$dir/nginx.conf" <<CONF
worker_processes 1;
daemon off;
user root;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    server_tokens off;
    keepalive_requests 1000000000;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=1000 inactive=1h;
    gzip_static on;
    gzip_vary on;
    types { text/html html; text/javascript js; text/css css; }
    server {
        listen 127.0.0.1:$nginx_port;
        root $PWD/ui/dist;
        location = / { try_files /index.html =404; }
        add_header Cache-Control no-cache;
        add_header X-Content-Type-Options nosniff;
        add_header X-Request-ID \$request_id;
        add_header Content-Security-Policy "$(answer "$port" / | tr -d '\r' | sed -n 's/^Content-Security-Policy: //p')";
        add_header Referrer-Policy same-origin;
        add_header Cross-Origin-Resource-Policy same-origin;
        add_header Permissions-Policy "camera=(), geolocation=(), microphone=()";
    }
}
CONF
    taskset -c 0 nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
    nginx=$!
    for _ in {1..100}; do is_open "$nginx_port" && break; sleep 0.05; done
}
stop_nginx() { kill -TERM "$nginx"; wait "$nginx" || true; nginx=; }

# compare_get NAME PATH BUDGET: of what the server has in the database, beside nginx with the same bytes in memory.
compare_get()
{
    fresh_data
    start_server 0 THREADS=1
    body_of "$port" "$2" >"$dir/body"
    [ "$(answer "$port" "$2" | head -1 | tr -d '\r')" = "HTTP/1.1 200 OK" ] || die "GET $2: $(cat "$dir/body")"
    start_nginx "$2" "$dir/body"
    compare "$1, $(wc -c <"$dir/body") bytes" "$2" "$3"
    stop_nginx
    stop_server
}

# bytes_of PORT PATH: of the body that the load gets.
bytes_of() { curl -s "${get_headers[@]}" "http://127.0.0.1:$1$2" | wc -c; }

# The pages beside nginx with the same files.
compare_pages()
{
    local ours theirs path script
    fresh_data
    start_server 0 THREADS=1
    start_nginx_pages
    script=$(sed -n 's|.*src="\(/assets/base-[^"]*\)".*|\1|p' ui/dist/index.html)
    for path in / "$script"; do
        for coding in identity gzip; do
            get_headers=(-H "Accept-Encoding: $coding")
            ours=$(bytes_of "$port" "$path")
            theirs=$(bytes_of "$nginx_port" "$path")
            [ "$ours" = "$theirs" ] || die "GET $path: $ours bytes here, $theirs of nginx"
            compare "GET $path as $coding, one core, $ours bytes" "$path" ">= 0.8"
        done
    done
    get_headers=()
    stop_nginx
    stop_server
}

# compare NAME PATH BUDGET: $server on $port beside $nginx on $nginx_port.
compare()
{
    local path=$2 ratios=() ours=() theirs=() our_us=() their_us=() our_load=() their_load=() worker
    worker=$(<"/proc/$nginx/task/$nginx/children")
    worker=${worker%% *}
    get "$server" "$port" "$path" 1
    get "$worker" "$nginx_port" "$path" 1
    for ((pair = 0; pair < pairs; ++pair)); do
        get "$server" "$port" "$path" "$get_seconds"
        ours+=("$rate") our_us+=("$cpu_us") our_load+=("$load_cpu")
        get "$worker" "$nginx_port" "$path" "$get_seconds"
        theirs+=("$rate") their_us+=("$cpu_us") their_load+=("$load_cpu")
        ratios+=("$(divide "${ours[-1]}" "${theirs[-1]}")")
    done
    row "$1" "$(printf '%.0f' "$(median "${ours[@]}")")/s, $(median "${our_us[@]}") us of CPU (load $(bound "$(median "${our_load[@]}")"))" \
        "nginx: $(printf '%.0f' "$(median "${theirs[@]}")")/s, $(median "${their_us[@]}") us of CPU (load $(bound "$(median "${their_load[@]}")"))" \
        "$(printf '%.2f' "$(median "${ratios[@]}")") ($(format=%.2f spread "${ratios[@]}"))" "$3"
}

measure_start()
{
    local times=() rss
    for _ in {1..10}; do
        fresh_data
        start_server 0
        times+=("$(divide "$start_us" 1000 %.1f)")
        stop_server
    done
    fresh_data
    start_server 0,1
    sleep 2
    rss=$(awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$server/status")
    stop_server
    row "start to first answer" "$(median "${times[@]}") ms ($(format=%.0f spread "${times[@]}"))" "" "" "<= 60 ms"
    row "idle memory (resident), 2 s after the start" "$rss MB" "" "" "<= 24 MB"
    row "stripped binary, with the pages" "$(stat -c %s "build/$build/pollux" | awk '{printf "%.2f", $1 / 1048576}') MiB" "" "" "<= 9 MiB"
}

rows_written()
{
    sqlite3 "$1" "select (select count(*) from messages) || ' ' || (select count(*) from jobs where state = 'ready') || ' ' ||
        (select count(*) from jobs where state = 'waiting') || ' ' || (select count(*) from idempotency_keys) || ' ' || (select sum(used) from usage_days)"
}

measure_send()
{
    local result bare ratios=() ours=() theirs=() groups=() our_us=() loads=() p99=() before after group written
    for ((pair = 0; pair < pairs; ++pair)); do
        fresh_data
        # The log is on: its last line says how large the groups were.
        start_server 0 THREADS=1 WORKERS=external LOG_LEVEL=info
        before=$(cpu_ticks "$server")
        result=$(load 1 --count "$sends" --connections "$send_connections") || die "sends went wrong"
        after=$(cpu_ticks "$server")
        stop_server
        written=$(rows_written "$dir/data/pollux.sqlite3")
        group=$(sed -n 's/.*"event":"stopped".*"writes":\([0-9]*\),"commits":\([0-9]*\).*/\1 \2/p' "$dir/server.log" |
            awk '{printf "%.0f", $1 / $2}')
        ours+=("$(value_of rate "$result")") loads+=("$(value_of cpu_percent "$result")") p99+=("$(value_of p99_ms "$result")")
        groups+=("$group")
        our_us+=("$(us_each $((after - before)) "$sends")")

        fresh_data
        bare=$(taskset -c 0 "build/$build/bench/pollux-bare-sqlite" --file "$dir/data/pollux.sqlite3" --users "$users" \
            --rooms-per-user "$rooms_per_user" --count "$sends" --group "$group")
        [ "$written" = "$(rows_written "$dir/data/pollux.sqlite3")" ] || die "the bare program does not write what the server writes"
        theirs+=("$(value_of rate "$bare")")
        ratios+=("$(divide "${ours[-1]}" "${theirs[-1]}")")
    done
    row "POST message, durable, WORKERS=external, groups of $(median "${groups[@]}")" \
        "$(printf '%.0f' "$(median "${ours[@]}")")/s, $(median "${our_us[@]}") us of CPU, p99 $(median "${p99[@]}") ms (load $(bound "$(median "${loads[@]}")"))" \
        "bare SQLite: $(printf '%.0f' "$(median "${theirs[@]}")")/s" "$(printf '%.2f' "$(median "${ratios[@]}")") ($(format=%.2f spread "${ratios[@]}"))" ">= 0.3, later 0.5"
}

measure_cycles()
{
    local result ours=() loads=() p50=() p99=() completed
    for ((pair = 0; pair < pairs; ++pair)); do
        fresh_data
        start_server 0,1
        result=$(load 0,1 --count "$cycles" --connections "$cycle_connections" --wait 25) || die "cycles went wrong"
        stop_server
        completed=$(sqlite3 "$dir/data/pollux.sqlite3" "select count(*) from messages where role = 'assistant' and status = 'completed'")
        [ "$completed" = $((cycles + 25)) ] || die "only $completed replies are completed"
        ours+=("$(value_of rate "$result")") loads+=("$(value_of cpu_percent "$result")")
        p50+=("$(value_of p50_ms "$result")") p99+=("$(value_of p99_ms "$result")")
    done
    row "whole cycles, send to completed reply, unpaced, two cores shared with the load" \
        "$(printf '%.0f' "$(median "${ours[@]}")")/s ($(format=%.0f spread "${ours[@]}")), p50 $(median "${p50[@]}") ms, p99 $(median "${p99[@]}") ms (load $(bound "$(median "${loads[@]}")"))" \
        "" "" ">= 2,500/s"
}

measure_deadlines()
{
    local result list timer
    result=$(taskset -c 0 "build/$build/bench/pollux-bench-deadlines")
    list=$(value_of list_ns "$result") timer=$(value_of timer_ns "$result")
    row "a deadline set and taken back" "$list ns, in the thread's list" "$timer ns, a timer each" "$(divide "$list" "$timer" %.2f)" ""
}

measure_embedded()
{
    if wanted start; then measure_start; fi
    if wanted rooms; then compare_get "GET /chatroom/, 20 rooms, from cache, one core" /chatroom/ ">= 0.3, later 0.6"; fi
    if wanted room; then compare_get "GET /chatroom/{id}/, 50 messages, one core" "/chatroom/$reader_room/" "later 0.25"; fi
    if wanted pages; then compare_pages; fi
    if wanted send; then measure_send; fi
    if wanted cycles; then measure_cycles; fi
    if wanted deadlines; then measure_deadlines; fi
}
