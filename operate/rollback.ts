/**
 * `npm run rollback`: takes a service back to a version that served before, or to the one that serves where an update has
 * failed, by pinning it in the stack's config and running `pulumi up` for that service alone; or lists the versions that
 * there are.
 */
import { Command } from "commander";
import { type Span, versionOf } from "../lib/history.ts";
import { imageName } from "../lib/names.ts";
import { attempt, lastLines, show } from "../runtime/program.ts";
import { clearDeadLocks } from "../setup/locks.ts";
import { SetupError, say } from "../setup/say.ts";
import { pendingParts } from "./pending.ts";
import { type Pool, targetsOf } from "./pools.ts";
import { runProgram } from "./run-program.ts";
import { type OperatedStack, readStack } from "./stack.ts";
import { isConfirmed, table } from "./terminal.ts";
import { hostsWithout, readVersions, type Versions } from "./versions.ts";

interface Options {
  readonly service?: string;
  readonly to?: string;
  readonly stack?: string;
  readonly list?: boolean;
  readonly yes?: boolean;
}

const program = new Command("npm run rollback --")
  .description("Takes a service back to the version that served before the present one, without a build.")
  .option("--service <name>", "which one; may be left out where the stack has but one")
  .option("--to <version>", "a certain version, one of those that --list shows")
  .option("--list", "show the versions that have served, and change nothing")
  .option("--stack <name>", "another stack than dev")
  .option("--yes", "do not ask")
  .action(async (options: Options) => {
    process.exitCode = await rollback(options);
  });

async function rollback({ service: wanted, to, stack: name, list, yes }: Options): Promise<number> {
  const stack = await readStack(name);
  const service = serviceOf(stack, wanted);
  const versions = await readVersions(stack, service);
  const built = imageName(stack.name, service);
  if (list) return printVersions(service, built, versions);

  const pools = stack.pools.filter((pool) => pool.service === service);
  const failed = failedVersion(pools, versions);
  const { from, target } = choose(service, built, versions.spans, failed, to);
  await checkImage(service, target.image, versions);
  const version = versionOf(target.image, built) ?? "";
  say(service, `from ${from} back to ${told(target, built)}`);
  if (!yes && !(await isConfirmed())) return 1;
  const outcome = await goTo(stack.name, service, version, targetsOf(pools, stack.resources));
  if (outcome === 0) await sayWhatIsLeft(stack.name, service);
  return outcome;
}

/** Image of an update that did not come to serve, on one host at least; undefined where the last one did. */
function failedVersion(pools: readonly Pool[], { serving }: Versions): string | undefined {
  return pools.find(({ host, image }) => serving[host] !== undefined && image !== serving[host])?.image;
}

function serviceOf({ name, services }: OperatedStack, wanted: string | undefined): string {
  const names = services.map(({ name }) => name);
  const [only, ...more] = names;
  if (wanted === undefined && only !== undefined && more.length === 0) return only;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const there = `The stack ${name} has ${names.length > 0 ? names.join(", ") : "none"}.`;
  throw new SetupError(
    wanted === undefined ? "Which service? Say --service <name>." : `There is no service ${wanted}.`,
    there,
  );
}

/** What is left, in words, and the version to go to: by default the one that served before what is left. */
function choose(
  service: string,
  built: string,
  spans: readonly Span[],
  failed: string | undefined,
  to: string | undefined,
): { from: string; target: Span } {
  const [latest, ...earlier] = spans;
  if (latest === undefined) {
    throw new SetupError(
      `No version of ${service} has been written down yet.`,
      "Every `pulumi up` that brings one into service does so.",
    );
  }
  const present = failed ?? latest.image;
  if (versionOf(present, built) === undefined) {
    const before = failed === undefined ? earlier[0] : latest;
    throw new SetupError(
      `${service} runs an image that is not built here, ${present}, and there is nothing to pin.`,
      `Set flotilla:services.${service}.image to the one that you want, and run \`pulumi up\`.`,
      before ? `Before, it ran ${before.image}.` : "",
    );
  }
  if (to !== undefined && to === versionOf(present, built) && failed === undefined) {
    throw new SetupError(`${service} runs ${to} already.`);
  }
  const from =
    failed === undefined
      ? told(latest, built)
      : `${versionOf(failed, built)} (whose \`pulumi up\` did not go through)`;
  const target = spans.find(({ image }) => {
    const version = versionOf(image, built);
    return to === undefined ? version !== undefined && image !== present : version === to;
  });
  if (target) return { from, target };
  throw new SetupError(
    to === undefined ? `${service} has no earlier version than ${from}.` : `${service} has never run ${to}.`,
    `\`npm run rollback -- --service ${service} --list\` shows which versions have served.`,
  );
}

async function checkImage(service: string, image: string, { hosts }: Versions): Promise<void> {
  // From anywhere else than the engine's own store it can be pulled.
  if (!image.startsWith("flotilla/")) return;
  const without = await hostsWithout(image, hosts);
  // From one that has it, the others get it.
  if (without.length < hosts.length) return;
  throw new SetupError(
    `The image ${image} is no longer on ${without.join(", ")}, and there is no registry to have it from.`,
    "Check out the code of that version, and run `pulumi up`, which builds the same again;",
    `or take another version: \`npm run rollback -- --service ${service} --list\`.`,
  );
}

/** Pins the version, and brings it up: in two steps, since `pulumi up --config-path` drops the service's other settings. */
async function goTo(
  stack: string,
  service: string,
  version: string,
  targets: readonly string[],
): Promise<number> {
  const key = `flotilla:services.${service}.version`;
  // A version that is all digits is a text nevertheless.
  const set = ["config", "set", "--path", key, version, "--type", "string", "--stack", stack];
  const { code, stderr } = await attempt("pulumi", [...set, "--non-interactive"]);
  if (code !== 0) throw new SetupError(`${key} can't be set: ${lastLines(stderr, 3)}`);
  clearDeadLocks(stack);
  const up = [
    "up",
    "--yes",
    "--skip-preview",
    "--stack",
    stack,
    ...targets.flatMap((urn) => ["--target", urn]),
  ];
  const outcome = await show("pulumi", up, { stdio: "inherit" });
  const unpin = `pulumi config rm --path ${key} --stack ${stack}`;
  if (outcome === 0) {
    say(service, `runs ${version}, whatever its folder becomes. To build the folder again:`);
    process.stderr.write(`  ${unpin} && pulumi up --stack ${stack}\n`);
  } else {
    say(
      service,
      `is not at ${version} yet, which stays set in the stack's config: \`pulumi up\` tries again,`,
    );
    process.stderr.write(`  ${unpin} takes it out\n`);
  }
  return outcome;
}

/** Nobody waits for this: the service has long gone back. */
async function sayWhatIsLeft(stack: string, service: string): Promise<void> {
  const { code, stdout } = await attempt("pulumi", [
    "preview",
    "--json",
    "--stack",
    stack,
    "--non-interactive",
  ]);
  if (code !== 0) {
    say(service, "nothing else was touched; `pulumi preview`, which would tell what is pending, fails");
    return;
  }
  const parts = pendingParts(JSON.parse(stdout));
  if (parts.length > 0)
    say(service, `nothing else was touched. Pending for \`pulumi up\`: ${parts.join("; ")}`);
}

async function printVersions(service: string, built: string, { spans, hosts }: Versions): Promise<number> {
  if (spans.length === 0) {
    say(service, "no version has been written down yet");
    return 0;
  }
  const rows = spans.map(async ({ image, since, until }) => {
    const without = await hostsWithout(image, hosts);
    const where = without.length > 0 ? `gone from ${without.join(", ")}` : "here";
    return [versionOf(image, built) ?? image, when(since), until ? when(until) : "now", where];
  });
  process.stdout.write(table([["version", "served from", "to", "image"], ...(await Promise.all(rows))]));
  return 0;
}

const told = ({ image, since, until }: Span, built: string) =>
  `${versionOf(image, built) ?? image} (${until ? `served from ${when(since)} to ${when(until)}` : `since ${when(since)}`})`;

const when = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

await runProgram(program);
