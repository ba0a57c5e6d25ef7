# Two versions of Pollux, alternately. Sourced by bench/run, which sets $beside, the other version's program.

# use_side new|old
use_side()
{
    prepared=$dir/prepared-$1 template=prepared_$1
    case $1 in
    new) program=build/$build/pollux ;;
    old) program=$beside ;;
    esac
}

# start_side NAME=VALUE...: a server of that version on one core, with fresh data.
start_side()
{
    if [ "$shape" = cluster ]; then
        fresh_database
        start_node 0 THREADS=1 "$@"
    else
        fresh_data
        start_server 0 THREADS=1 "$@"
    fi
}

declare -A sampled=()
# sample MEASURE SIDE RATE CPU_US
sample() { sampled[$1,$2,rate]+=" $3" sampled[$1,$2,us]+=" $4"; }

sample_gets()
{
    start_side
    get "$server" "$port" /chatroom/ 1
    if wanted rooms; then get "$server" "$port" /chatroom/ "$get_seconds"; sample rooms "$1" "$rate" "$cpu_us"; fi
    if wanted room; then get "$server" "$port" "/chatroom/$reader_room/" "$get_seconds"; sample room "$1" "$rate" "$cpu_us"; fi
    stop_server
}

# sample_load MEASURE SIDE COUNT SETTINGS ARGUMENT...
sample_load()
{
    local measure=$1 side=$2 count=$3 settings=$4 before result ticks
    shift 4
    # shellcheck disable=SC2086 # Words of settings.
    start_side $settings
    before=$(cpu_ticks "$server")
    result=$(load 1 --count "$count" "$@") || die "$measure went wrong"
    ticks=$(($(cpu_ticks "$server") - before))
    stop_server
    sample "$measure" "$side" "$(value_of rate "$result")" "$(us_each "$ticks" "$count")"
}

sample_side()
{
    use_side "$1"
    if wanted rooms || wanted room; then sample_gets "$1"; fi
    if wanted send; then sample_load send "$1" "$sends" WORKERS=external --connections "$send_connections"; fi
    if [ "$shape" = embedded ] && wanted cycles; then sample_load cycles "$1" "$cycles" "" --connections "$cycle_connections" --wait 25; fi
}

# ratio_row MEASURE NAME
ratio_row()
{
    local what bound ours theirs ratios index unit
    for what in us rate; do
        read -ra ours <<<"${sampled[$1,new,$what]:-}"
        read -ra theirs <<<"${sampled[$1,old,$what]:-}"
        [ ${#ours[@]} -gt 0 ] || return 0
        ratios=()
        for index in "${!ours[@]}"; do ratios+=("$(divide "${ours[index]}" "${theirs[index]}")"); done
        case $what in us) unit=" us of CPU" bound="<= 1.05" ;; *) unit=/s bound=">= 0.9" ;; esac
        row "$2" "$(median "${ours[@]}")$unit" "$(median "${theirs[@]}")$unit" "$(printf '%.2f' "$(median "${ratios[@]}")") ($(format=%.2f spread "${ratios[@]}"))" "$bound"
    done
}

# Data of each version's own making.
prepare_sides()
{
    local side
    [ "$shape" = embedded ] || { start_postgres; start_redis; }
    for side in new old; do
        use_side "$side"
        prepare_data
        [ "$shape" = embedded ] || move_prepared "$template"
    done
    [ "$shape" = embedded ] || place_services 1
}

measure_beside()
{
    local pair
    prepare_sides
    for ((pair = 0; pair < pairs; ++pair)); do
        # Neither is always the first one after a pause.
        if ((pair % 2)); then sample_side old; sample_side new; else sample_side new; sample_side old; fi
    done
    ratio_row rooms "GET /chatroom/, 20 rooms"
    ratio_row room "GET /chatroom/{id}/, 50 messages"
    ratio_row send "POST message, durable, WORKERS=external"
    ratio_row cycles "whole cycles, send to completed reply"
}
