#!/usr/bin/env bash
# Fetches the servers that `tox -e engines` needs into a folder; it changes nothing else:
#   mongo-java-server (Maven, Java), FerretDB with SQLite (Go), redis-server 7 (Debian).
# If a server cannot be fetched in time (PLAYBOOK_ENGINES_SECONDS, default 300 each), it is named and
# its tests are skipped. So this script never fails because of a slow registry.
# Usage: scripts/install_engines.sh DIR
set -uo pipefail
into=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=${PLAYBOOK_ENGINES_SECONDS:-300}
java_server=1.47.0
ferretdb=v1.24.0

left_out() { echo "left out: $1 ($2)"; }
in_time() { timeout --kill-after=10 "$seconds" "$@"; }

if [ -d "$into/mongo-java-server" ]; then
  :
elif ! command -v java >/dev/null || ! command -v mvn >/dev/null; then
  left_out mongo-java-server "no Java or no Maven"
else
  pom=$(mktemp -d)
  cat > "$pom/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>engines</groupId><artifactId>engines</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>de.bwaldvogel</groupId><artifactId>mongo-java-server</artifactId>
    <version>$java_server</version>
  </dependency></dependencies>
</project>
POM
  (cd "$pom" && in_time mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars >log 2>&1 \
    && mv jars "$into/mongo-java-server") \
    || left_out mongo-java-server "Maven could not fetch it within $seconds s"
  rm -rf "$pom"
fi

if [ -x "$into/ferretdb" ]; then
  :
elif ! command -v go >/dev/null; then
  left_out FerretDB "no Go"
else
  source=$(mktemp -d)
  # It does not start without a file that holds its version, and the Go module lacks that file.
  found=$(cd "$source" && GOFLAGS=-mod=mod in_time go mod download -json "github.com/FerretDB/FerretDB@$ferretdb" \
    | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  if [ -n "$found" ] && cp -r "$found/." "$source" && chmod -R u+w "$source" \
    && echo "$ferretdb" > "$source/build/version/version.txt" \
    && (cd "$source" && in_time go build -o built ./cmd/ferretdb) && mv "$source/built" "$into/ferretdb"; then
    :
  else
    left_out FerretDB "Go could not build it within $seconds s"
  fi
  chmod -R u+w "$source" && rm -rf "$source"
fi

if [ -d "$into/redis" ]; then
  :
elif ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  left_out "Redis 7" "no Debian packages here"
else
  packages=$(mktemp -d)
  # Unpacked, not installed: no service starts, and the redis-server on the PATH is not replaced.
  fetch_redis() {
    in_time apt-get download -qq redis-server redis-tools liblzf1 liblua5.1-0 \
      lua-bitop lua-cjson libjemalloc2 libhiredis0.14 >log 2>&1
  }
  # If the machine has no lists of Debian packages yet, fetch them first.
  if (cd "$packages" && { fetch_redis || { in_time apt-get update -qq >log 2>&1 && fetch_redis; }; } \
      && for package in *.deb; do dpkg -x "$package" redis; done && mv redis "$into/redis"); then
    :
  else
    left_out "Redis 7" "its packages could not be fetched within $seconds s"
  fi
  rm -rf "$packages"
fi
exit 0
