#!/usr/bin/env bash
# A Kafka of one broker for tests, in the foreground: end it by its pid. Needs Java 17 and, the first time, Maven.
# start.sh [port]     the port is printed when none was given; the next one up is the controller's
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

lib="${KAFKA_LIB:-$here/lib}"
if [ ! -d "$lib" ]; then
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$lib.part" >&2
  mv "$lib.part" "$lib"
fi

port=${1:-}
if [ -z "$port" ]; then
  port=29092
  until free "$port" && free "$((port + 1))"; do port=$((port + 2)); done
fi

dir=$(mktemp -d /tmp/openrun-kafka-XXXXXX)
cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$dir/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
PROPERTIES

id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
java -cp "$lib/*" kafka.tools.StorageTool format --standalone -t "$id" -c "$dir/server.properties" >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
echo "$port"
exec java -Xmx400m -cp "$lib/*" kafka.Kafka "$dir/server.properties" >>"$dir/log" 2>&1
