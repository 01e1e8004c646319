// Writes the API's types from the committed OpenAPI document; with --check, says whether they are current.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../../openapi.json", import.meta.url);
const place = new URL("../src/api/schema.ts", import.meta.url);
const header = "// Generated from openapi.json by `npm run types`. Do not edit.\n\n";

const types = header + astToString(await openapiTS(document));
if (process.argv.includes("--check")) {
  const kept = await readFile(place, "utf8").catch(() => "");
  if (kept !== types) {
    console.error("error: src/api/schema.ts is not what openapi.json says\nhint: run `npm run types`");
    process.exit(1);
  }
} else {
  await writeFile(place, types);
}
