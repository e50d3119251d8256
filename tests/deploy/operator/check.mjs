// Judges a PodMonitor by the schema of the Prometheus operator; what is wrong is told, with status 1.
// Usage: node check.mjs FOLDER_OF_NODE_MODULES FILE.json

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
const operator = join(folder, "node_modules/@kubernetes-models/prometheus-operator");
const { PodMonitor } = await import(pathToFileURL(join(operator, "monitoring.coreos.com/v1/PodMonitor.js")));

try {
  new PodMonitor(JSON.parse(readFileSync(file, "utf8"))).validate();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
