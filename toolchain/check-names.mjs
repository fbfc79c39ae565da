// Compares a plugin's schema with the declarations of its npm package:
//   node check-names.mjs SCHEMA_JSON PACKAGE_FOLDER
// Prints what differs, and exits with 1 if anything does.
import fs from "node:fs";
import path from "node:path";

const [schemaFile, folder] = process.argv.slice(2);
const schema = JSON.parse(fs.readFileSync(schemaFile, "utf8"));
const read = (name) =>
  fs.existsSync(path.join(folder, name)) ? fs.readFileSync(path.join(folder, name), "utf8") : "";
let differences = 0;

/** The members of the declaration that starts with the given words: name -> { optional, type }. */
function members(text, start) {
  const found = {};
  const begin = text.indexOf(start);
  if (begin < 0) return undefined;
  for (const line of text.slice(begin).split("\n").slice(1)) {
    if (line.startsWith("}")) break;
    const member = /^ {4}(?:readonly )?(\w+)(\??): (.*)/.exec(line);
    if (member) found[member[1]] = { optional: member[2] === "?", type: member[3] };
  }
  return found;
}

function report(what) {
  differences++;
  console.log(what);
}

function compare(what, ours = [], theirs = []) {
  const missing = theirs.filter((name) => !ours.includes(name));
  const extra = ours.filter((name) => !theirs.includes(name));
  if (missing.length) report(`${what}: the schema lacks ${missing.join(", ")}`);
  if (extra.length) report(`${what}: the package lacks ${extra.join(", ")}`);
}

function compareResource(token, resource) {
  const [, file, name] = /\/(\w+):(\w+)$/.exec(token);
  const declared = read(`${file}.d.ts`);
  if (!read(`${file}.js`).includes(`'${token}'`)) return report(`${token}: not a token of the package`);
  const args = members(declared, `export interface ${name}Args {`);
  const inputs = resource.inputProperties ?? {};
  compare(`${name}, inputs`, Object.keys(inputs), Object.keys(args));
  compare(
    `${name}, required`,
    resource.requiredInputs,
    Object.keys(args).filter((key) => !args[key].optional),
  );
  compare(
    `${name}, outputs`,
    Object.keys(resource.properties ?? {}).filter((key) => key !== "id"),
    Object.keys(members(declared, `export declare class ${name} extends`)),
  );
  for (const [key, { type }] of Object.entries(inputs)) {
    if (args[key] && (type === "array") !== /\[\]/.test(args[key].type))
      report(`${name}.${key}: a list on one side only`);
  }
}

const types = read("types/input.d.ts");
for (const [token, resource] of Object.entries(schema.resources)) compareResource(token, resource);
for (const [token, type] of Object.entries(schema.types ?? {})) {
  const declared = members(types, `export interface ${token.split(":").pop()} {`);
  if (declared) compare(token, Object.keys(type.properties), Object.keys(declared)); // results of functions aren't inputs
}
compare(
  "Provider",
  Object.keys(schema.provider?.inputProperties ?? {}),
  Object.keys(members(read("provider.d.ts"), "export interface ProviderArgs {") ?? {}),
);
for (const file of fs.readdirSync(folder).filter((name) => /^[a-z]\w*\.js$/.test(name))) {
  const token = /'(\w+:index\/\w+:[A-Z]\w+)'/.exec(read(file))?.[1];
  if (token && !schema.resources[token]) report(`${token}: not in the schema`);
}
process.exitCode = differences ? 1 : 0;
