import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { attempt, lastLines } from "../runtime/program.ts";
import { cache, onPath } from "./places.ts";
import { SetupError, say, step } from "./say.ts";

const packages = ["docker.io", "iptables", "iproute2"];
const startLimit = 60_000;

/** Makes sure that a Docker engine answers, starting or installing one where there is none and we may. */
export async function ensureEngine(): Promise<string> {
  const first = await ask();
  if ("version" in first) return first.version;
  refuseWhatIsNotOurs(first.refusal);
  if (!onPath("dockerd")) await install(packages, "about a minute");
  // A package of its own since Debian 13, and only recommended there.
  if (!onPath("docker")) await install(["docker-cli"], "a few seconds");
  // Installing starts it where there is a service manager.
  let answer = await ask();
  if (!("version" in answer)) {
    await step("engine", "starting Docker", start, "started");
    answer = await ask();
  }
  if (!("version" in answer))
    throw new SetupError(`Docker was started but does not answer: ${answer.refusal}`);
  say("engine", `Docker ${answer.version} at ${endpoint()}`);
  return answer.version;
}

/** Says what is wrong where no engine answers, and changes nothing. */
export async function requireEngine(): Promise<void> {
  const answer = await ask();
  if (!("version" in answer)) {
    throw new SetupError(`No Docker engine answers at ${endpoint()}: ${answer.refusal}`);
  }
}

function endpoint(): string {
  return process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
}

async function ask(): Promise<{ version: string } | { refusal: string }> {
  // Over ssh the first answer takes its time; a dead address must not take for ever.
  const { code, stdout, stderr } = await attempt("docker", ["version", "--format", "{{.Server.Version}}"], {
    timeout: 10_000,
  });
  if (code === 0 && stdout.trim()) return { version: stdout.trim() };
  if (code === 124) return { refusal: "no answer within 10 s" };
  return { refusal: lastLines(stderr, 2) };
}

/** An engine somewhere else, or one that is there but closed to this user, is the user's to see to. */
function refuseWhatIsNotOurs(refusal: string): void {
  const user = userInfo().username;
  if (process.env.DOCKER_HOST) {
    throw new SetupError(
      `DOCKER_HOST is ${process.env.DOCKER_HOST}, and no Docker engine answers there: ${refusal}`,
      "Start that engine, or `unset DOCKER_HOST` to use the one on this machine.",
    );
  }
  if (process.platform !== "linux") {
    throw new SetupError(
      "No Docker engine answers.",
      "Start Docker Desktop (or colima), then run this again.",
    );
  }
  const context = currentContext();
  if (context !== "default") {
    throw new SetupError(
      `The Docker context is \`${context}\`, and no engine answers there: ${refusal}`,
      "Start that engine, or `docker context use default` to use the one on this machine.",
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      "No Docker engine answers, and only root may start one.",
      onPath("dockerd") ? "sudo systemctl start docker" : `sudo apt-get install ${packages.join(" ")}`,
      `sudo usermod -aG docker ${user}`,
      "Then log in anew and run this again. Or set DOCKER_HOST to an engine elsewhere.",
    );
  }
  if ((!onPath("dockerd") || !onPath("docker")) && !onPath("apt-get")) {
    throw new SetupError(
      "No Docker engine answers, and without apt-get set-up can't install one.",
      "Install Docker by your distribution's means, start it, and run this again.",
    );
  }
}

function currentContext(): string {
  if (process.env.DOCKER_CONTEXT) return process.env.DOCKER_CONTEXT;
  const folder = process.env.DOCKER_CONFIG ?? join(userInfo().homedir, ".docker");
  const file = join(folder, "config.json");
  if (!existsSync(file)) return "default";
  return JSON.parse(readFileSync(file, "utf8")).currentContext ?? "default";
}

async function install(names: string[], duration: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = async (...args: string[]) => {
    const { code, stdout, stderr } = await attempt("apt-get", ["-q", "-y", ...args], { env });
    if (code === 0) return;
    throw new SetupError(
      `apt-get ${args[0]} failed:\n${lastLines(stdout + stderr)}`,
      `Install a Docker engine by hand (packages ${names.join(", ")}), then run this again.`,
    );
  };
  const both = async () => {
    await apt("update");
    await apt("install", "--no-install-recommends", ...names);
  };
  await step("engine", `installing ${names.join(", ")} (${duration})`, both, "installed");
}

async function start(): Promise<void> {
  const log = join(cache, "dockerd.log");
  if (existsSync("/run/systemd/system")) {
    const { code, stderr } = await attempt("systemctl", ["start", "docker"]);
    if (code !== 0)
      throw new SetupError(`systemctl start docker failed:\n${lastLines(stderr)}`, "journalctl -u docker");
    return;
  }
  mkdirSync(cache, { recursive: true });
  const output = openSync(log, "a");
  // Its own session, so that it outlives this command and the terminal.
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", output, output] });
  let ended: string | undefined;
  daemon.on("error", (error) => {
    ended = error.message;
  });
  daemon.on("exit", (code) => {
    ended = `dockerd ended with code ${code}`;
  });
  daemon.unref();
  const deadline = Date.now() + startLimit;
  while (ended === undefined && Date.now() < deadline) {
    if ("version" in (await ask())) return;
    await new Promise((wake) => setTimeout(wake, 250));
  }
  throw new SetupError(
    `Docker did not start: ${ended ?? `no answer within ${startLimit / 1000} s`}. Its log ends with:`,
    ...lastLines(readFileSync(log, "utf8")).split("\n"),
    `The whole log: ${log}`,
  );
}
