// Puts into the extension what is kept elsewhere: the JSON Schema of the installed mergecli, and the licence.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";

const [program, ...first] = JSON.parse(process.env.MERGECLI ?? '["mergecli"]');
const schema = execFileSync(program, [...first, "schema"], { maxBuffer: 1 << 26 });
JSON.parse(schema);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/mergecli.schema.json", schema);
copyFileSync("../../LICENSE", "LICENSE");
