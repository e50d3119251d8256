#!/usr/bin/env bash
# What people's health checks do: the states by curl and jq, and whether messages come by a word in the log.
# Usage: tests/clients/health-check.sh URL CONNECTOR LOG; prints OK, WARNING or CRITICAL and a reason, status 0, 1 or 2.
set -euo pipefail
url=$1 connector=$2 log=$3

end() { # STATUS LINE
  echo "$2"
  exit "$1"
}

answer=$(curl --disable --silent --noproxy '*' --max-time 10 "$url/connectors/$connector/status") || answer={}
for part in .connector '.tasks[0]'; do
  state=$(jq -r "$part.state" <<<"$answer")
  [ "$state" = RUNNING ] || end 2 "CRITICAL: $part is $state"
done
lines=$(tail -n 100 "$log" | grep -c 'Received:') || true
[ "$lines" -gt 0 ] || end 1 "WARNING: no messages in the log's last lines"
end 0 "OK: messages flow"
