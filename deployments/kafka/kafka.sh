#!/usr/bin/env bash
# Apache Kafka itself on loopback, for tests and trials: one node, or a cluster of three.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: kafka.sh check                                are Java 17 or newer and Maven here?
       kafka.sh start [-n 1|3] [-p PORT] [--dir DIR]  start and print brokers=... and dir=...
       kafka.sh stop  [--dir DIR]                     stop what start began, remove its folder
       kafka.sh run   [-n 1|3] [-p PORT] [--dir DIR]  start, wait for Ctrl-C, stop

  -n     nodes, default 1; three replicate every topic three times
  -p     port of the first node, the others follow; default: free ports
  --dir  an absent or empty folder for the data; default: a new temporary folder.
         stop without --dir stops all that were started without it
USAGE
}

version=4.3.0
# The folder of this start, for interrupted.
dir=

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib=${XDG_CACHE_HOME:-$HOME/.cache}/foghorn/kafka-$version/lib
temporary=${TMPDIR:-/tmp}/foghorn-kafka.$(id -u)
mark=foghorn-kafka-folder

say() { echo "kafka.sh: $*" >&2; }
die() { say "$@"; exit 1; }

java_major() {
  java -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1
}

check() {
  local bad=0 major
  if ! command -v java >/dev/null; then
    say "java is not here: install a Java runtime, version 17 or newer"; bad=1
  else
    major=$(java_major)
    if [ "${major:-0}" -lt 17 ]; then say "java is version ${major:-unknown}: 17 or newer is needed"; bad=1; fi
  fi
  if [ ! -e "$lib/.complete" ] && ! command -v mvn >/dev/null; then
    say "mvn is not here: install Maven, which fetches Kafka's files once"; bad=1
  fi
  return $bad
}

# fetch fills the cache folder once. The name .complete comes last, so that a fetch that
# was broken off begins again.
fetch() {
  [ -e "$lib/.complete" ] && return
  say "fetching Kafka $version into $lib"
  rm -rf "$lib"
  mkdir -p "$lib"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib" -DincludeScope=runtime >&2 ||
    die "Maven could not fetch Kafka $version"
  [ -e "$lib/kafka_2.13-$version.jar" ] || die "Maven left no Kafka in $lib"
  touch "$lib/.complete"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_ports COUNT prints that many ports on which nobody listens.
free_ports() {
  local found=() p
  while [ ${#found[@]} -lt "$1" ]; do
    p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    case " ${found[*]-} " in *" $p "*) continue ;; esac
    listening "$p" || found+=("$p")
  done
  echo "${found[@]}"
}

# properties ID BROKER-PORT CONTROLLER-PORT VOTERS NODES FOLDER
properties() {
  local replicas=$5 insync=1
  [ "$5" = 3 ] && insync=2
  cat <<PROPERTIES
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$4
listeners=BROKER://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=BROKER://127.0.0.1:$2
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=$6/data
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$insync
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$insync
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$insync
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=10000
PROPERTIES
}

# failed DIR NODE WORDS says why and shows the end of the node's log.
failed() {
  say "$3; the end of $1/node-$2/log:"
  tail -n 30 "$1/node-$2/log" >&2 || true
  stop_dir "$1"
  exit 1
}

alive() { kill -0 "$1" 2>/dev/null; }

start() {
  local nodes=1 port="" ports=() voters="" brokers="" i
  while [ $# -gt 0 ]; do
    case $1 in
      -n) nodes=${2-}; shift 2 || die "-n needs a number" ;;
      -p) port=${2-}; shift 2 || die "-p needs a port" ;;
      --dir) dir=${2-}; shift 2 || die "--dir needs a folder" ;;
      *) usage >&2; die "unknown argument: $1" ;;
    esac
  done
  case $nodes in 1|3) ;; *) die "-n $nodes: 1 or 3 nodes" ;; esac
  check || exit 1
  fetch

  if [ -n "$port" ]; then
    case $port in *[!0-9]*|??????*) die "-p $port: want a port number" ;; esac
    [ "$port" -ge 1 ] && [ $((port + 2 * nodes - 1)) -le 65535 ] || die "-p $port: want ports from 1 to 65535"
    for i in $(seq 0 $((2 * nodes - 1))); do
      listening $((port + i)) && die "port $((port + i)) is in use; ports $port to $((port + 2 * nodes - 1)) are needed"
      ports+=($((port + i)))
    done
  else
    read -ra ports <<<"$(free_ports $((2 * nodes)))"
  fi

  if [ -z "$dir" ]; then
    mkdir -p "$temporary"
    dir=$(mktemp -d "$temporary/XXXXXX")
  else
    mkdir -p "$dir"
    [ -z "$(ls -A "$dir")" ] || die "folder $dir is not empty: a former start may run there (kafka.sh stop --dir $dir)"
    dir=$(cd "$dir" && pwd)
  fi
  touch "$dir/$mark"
  trap 'interrupted 130' INT TERM

  for i in $(seq 1 "$nodes"); do
    voters+=${voters:+,}$i@127.0.0.1:${ports[$((nodes + i - 1))]}
    brokers+=${brokers:+,}127.0.0.1:${ports[$((i - 1))]}
  done
  for i in $(seq 1 "$nodes"); do
    local node=$dir/node-$i
    mkdir -p "$node"
    properties "$i" "${ports[$((i - 1))]}" "${ports[$((nodes + i - 1))]}" "$voters" "$nodes" "$node" >"$node/node.properties"
    java -Xmx256m -cp "$lib/*" -Dlog4j2.configurationFile="$here/log4j2.properties" \
      kafka.tools.StorageTool format -t Zm9naG9ybi1mb2dob3JuLQ -c "$node/node.properties" >"$node/log" 2>&1 ||
      failed "$dir" "$i" "node $i could not format its folder"
  done
  for i in $(seq 1 "$nodes"); do
    local node=$dir/node-$i
    set -m # a process group of its own: Ctrl-C is for this script, which stops the nodes
    nohup java -Xmx384m -XX:+UseSerialGC -Dlog4j2.configurationFile="$here/log4j2.properties" \
      -cp "$lib/*" kafka.Kafka "$node/node.properties" >>"$node/log" 2>&1 </dev/null &
    echo $! >"$node/pid"
    set +m
  done
  for i in $(seq 1 "$nodes"); do
    local node=$dir/node-$i pid waited=0
    pid=$(cat "$node/pid")
    # The node says this when the controllers let it serve.
    until grep -q 'Kafka Server started' "$node/log" && listening "${ports[$((i - 1))]}"; do
      alive "$pid" || failed "$dir" "$i" "node $i died"
      [ $waited -lt 600 ] || failed "$dir" "$i" "node $i does not answer after two minutes"
      sleep 0.2
      waited=$((waited + 1))
    done
  done
  echo "brokers=$brokers"
  echo "dir=$dir"
}

# stop_dir DIR ends the nodes by the pids that start wrote there, and removes the folder.
stop_dir() {
  local dir=$1 file pid pids=() waited=0
  [ -e "$dir/$mark" ] || { say "$dir is no folder of kafka.sh start"; return 1; }
  for file in "$dir"/node-*/pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    # A pid can belong to another program by now: ours names its folder.
    if alive "$pid" && ps -o args= -p "$pid" | grep -qF "$dir/node-"; then
      kill "$pid" 2>/dev/null || true
      pids+=("$pid")
    fi
  done
  for pid in ${pids[@]+"${pids[@]}"}; do
    while alive "$pid"; do
      if [ $waited -eq 300 ]; then
        say "node with pid $pid does not stop, killing it"
        kill -9 "$pid" 2>/dev/null || true
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
  done
  rm -rf "$dir"
}

stop() {
  local dir="" found=0 bad=0
  case ${1-} in
    --dir) [ -n "${2-}" ] || die "--dir needs a folder"; dir=$2 ;;
    "") ;;
    *) usage >&2; die "unknown argument: $1" ;;
  esac
  if [ -n "$dir" ]; then
    stop_dir "$dir"
    return
  fi
  for dir in "$temporary"/*/; do
    [ -d "$dir" ] || continue
    found=1
    stop_dir "${dir%/}" || bad=1
  done
  [ $found = 1 ] || say "nothing to stop in $temporary"
  rmdir "$temporary" 2>/dev/null || true
  return $bad
}

# interrupted CODE undoes start.
interrupted() {
  trap - INT TERM
  say "stopping"
  stop_dir "$dir"
  exit "$1"
}

run() {
  local pid i
  start "$@"
  trap 'interrupted 0' INT TERM
  say "running until Ctrl-C"
  while :; do
    for i in "$dir"/node-*; do
      pid=$(cat "$i/pid")
      alive "$pid" || failed "$dir" "${i##*-}" "node ${i##*-} died"
    done
    sleep 1
  done
}

case ${1-} in
  check | start | stop | run) "$@" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
