#!/usr/bin/env bash
# Three hosts on one machine: network namespaces with cables to a switch, a nats-server in each, and one cable pulled.
# Prints what arrived, was lost and was told. Status 0: all is accounted for; 77: not run, and why.
set -euo pipefail

program=${1:-.build/debug/eventbus}
servers=${NATS_SERVER:-$(command -v nats-server || echo /usr/sbin/nats-server)}
name="mh$$"
folder=$(mktemp -d)
processes=()

not_run() {
    echo "ManyHosts was NOT RUN: $1" >&2
    exit 77
}

cleanup() {
    local status=$?
    trap - EXIT
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
    for place in 1 2 3 switch; do ip netns del "$name-$place" 2>/dev/null || true; done
    rm -rf "$folder"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" = 0 ] || not_run "making network namespaces needs root; try sudo $0"
command -v ip >/dev/null || not_run "there is no 'ip' (apt-get install iproute2)"
[ -x "$servers" ] || not_run "there is no nats-server (apt-get install nats-server)"
[ -x "$program" ] || not_run "there is no $program (swift build --product eventbus)"
ip netns add "$name-switch" 2>/dev/null || not_run "this system lets nobody make network namespaces"

# The network

ip -n "$name-switch" link add bridge type bridge || not_run "this kernel has no bridges"
ip -n "$name-switch" link set bridge up
for host in 1 2 3; do
    ip netns add "$name-$host"
    ip link add "cable$host" netns "$name-switch" type veth peer name eth0 netns "$name-$host"
    ip -n "$name-switch" link set "cable$host" master bridge up
    ip -n "$name-$host" addr add "10.77.0.$host/24" dev eth0
    ip -n "$name-$host" link set lo up
    ip -n "$name-$host" link set eth0 up
done

on() { # Becomes a program on a host; to be run in the background.
    local host=$1
    shift
    exec ip netns exec "$name-$host" "$@"
}

await() { # Waits until a file has a line.
    timeout 30 grep -qm1 "$2" < <(exec tail -n +1 --pid=$$ -F "$1" 2>/dev/null) && return
    echo "'$2' did not come, in $1:" >&2; tail -n 5 "$folder"/told* "$folder"/server* >&2
    cat "$1" >&2
    exit 1
}

# The servers, each of which notices within three seconds that another one is out of reach

for host in 1 2 3; do
    cat >"$folder/server$host.conf" <<CONF
server_name: host$host
listen: "10.77.0.$host:4222"
ping_interval: "1s"
ping_max: 2
cluster {
  name: many, listen: "10.77.0.$host:6222"
  routes: ["nats://10.77.0.1:6222", "nats://10.77.0.2:6222", "nats://10.77.0.3:6222"]
}
CONF
    on "$host" "$servers" -c "$folder/server$host.conf" >"$folder/server$host" 2>&1 &
    processes+=($!)
done
for host in 1 2 3; do await "$folder/server$host" 'Route connection created'; done

# A sensor on host 1, readers on hosts 2 and 3, each with the server of its host

declare -A readers
for host in 2 3; do
    on "$host" "$program" sub 'sensors.*' --bus "nats://10.77.0.$host:4222?namespace=many" \
        --summary "$folder/sums$host" >"$folder/seen$host" 2>"$folder/told$host" &
    readers[$host]=$!
    processes+=($!)
done
for host in 2 3; do await "$folder/told$host" '^subscribed to'; done

mkfifo "$folder/lines"
on 1 "$program" pub --wait-for-subscribers 2 --bus "nats://10.77.0.1:4222?namespace=many" \
    <"$folder/lines" 2>"$folder/told1" &
processes+=($!)
exec 3>"$folder/lines"
number=0
publish() { # A hundred a second.
    for _ in $(seq "$1"); do
        number=$((number + 1))
        echo "{\"subject\":\"sensors.temperature\",\"payload\":$number}" >&3
        sleep 0.01
    done
}

publish 200
await "$folder/seen3" ' 200$'
echo "all is well: 200 published" >&2
ip -n "$name-switch" link set cable3 down
echo "the cable of host 3 is pulled" >&2
publish 600
ip -n "$name-switch" link set cable3 up
echo "the cable of host 3 is back" >&2
publish 200
# Until the servers have found each other again.
for _ in $(seq 60); do
    grep -q "\b$number\$" "$folder/seen3" && break
    publish 20
done
await "$folder/told3" '^lost'
publish 100
for host in 2 3; do await "$folder/seen$host" "\b$number\$"; done
exec 3>&-

for host in 2 3; do
    kill -TERM "${readers[$host]}"
    wait "${readers[$host]}"
done

# What came of it

received() { grep -o '"received":[0-9]*' "$folder/sums$1" | cut -d: -f2; }
lost() { grep -o '"lost":[0-9]*' "$folder/sums$1" | cut -d: -f2; }
for host in 2 3; do
    echo "host $host: of $number received $(received $host), lost $(lost $host): $(cat "$folder/sums$host")" >&2
    if grep -q unknown "$folder/sums$host" || [ $(($(received $host) + $(lost $host))) != "$number" ]; then
        echo "host $host cannot account for what was published" >&2
        cat "$folder/told$host" >&2
        exit 1
    fi
done
[ "$(lost 2)" = 0 ] && echo "host 2 received everything"
[ "$(lost 3)" -gt 0 ] && echo "host 3 received what was sent while its cable was plugged in, and was told how much it missed"
