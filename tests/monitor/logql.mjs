// Reads queries, one a line, by Grafana's own grammar of LogQL, and prints those that are none.
// Usage: node logql.mjs FOLDER_OF_NODE_MODULES < QUERIES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { parser } = createRequire(join(process.argv[2], "package.json"))("@grafana/lezer-logql");

for (const query of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  let isWrong = false;
  parser.parse(query).iterate({
    enter(node) {
      isWrong ||= node.type.isError;
    },
  });
  if (isWrong) console.log(query);
}
