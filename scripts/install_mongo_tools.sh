#!/usr/bin/env bash
# Builds bsondump, mongorestore and mongoimport with Go: ./scripts/install_mongo_tools.sh DIRECTORY
set -euo pipefail
target=${1:?name a directory}
module=github.com/mongodb/mongo-tools
version=${MONGO_TOOLS_VERSION:-latest}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go mod init tools >/dev/null 2>&1
go get "$module@$version" >/dev/null
for tool in bsondump mongorestore mongoimport; do
  go get "$module/$tool/main@$version" >/dev/null
done
for tool in bsondump mongorestore mongoimport; do
  [ -x "$target/$tool" ] && continue
  # The program of each tool is its package "main"; our own Go module builds it by that name.
  (cd "$work" && go build -o "$target/$tool" "$module/$tool/main")
done
echo "$target"
