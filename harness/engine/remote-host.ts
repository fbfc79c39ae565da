import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withCredentials } from "../../lib/images/registry-credentials.ts";
import { run } from "../../runtime/program.ts";
import { runInfo } from "../run-info.ts";
import { Daemon } from "./daemon.ts";
import { createNamespace, removeNamespace } from "./namespace.ts";
import { type RemotePrograms, remotePrograms } from "./remote-programs.ts";

const PORTS = { tls: 2376, ssh: 22_022, registry: 15_000 };

/** Who may use the registry, and his password as its file of users has it (bcrypt). */
const operator = { username: "operator", password: "a-password-of-the-registry" };
const users = `operator:$2y$05$abcdefghijklmnopqrstuutdet4itF4ObGgnA4Qq64c8TDpSfaMXC\n`;

/**
 * A second Docker host, with an engine and a network of its own, reached as hosts elsewhere are: by TLS, or by way of an
 * sshd. Both it and the operator's machine have a registry, with one store, at the same address of their own.
 */
export class RemoteHost {
  /** Where what it publishes is to be reached. */
  readonly address: string;
  readonly #daemon: Daemon;
  readonly #folder: string;
  readonly #children: ChildProcess[];

  private constructor(address: string, daemon: Daemon, folder: string, children: ChildProcess[]) {
    this.address = address;
    this.#daemon = daemon;
    this.#folder = folder;
    this.#children = children;
  }

  static async start(): Promise<RemoteHost> {
    const { folder: parent, namespace = "" } = runInfo();
    const folder = join(parent, "remote");
    mkdirSync(folder);
    const name = `${namespace}-remote`;
    const { mtu, guest } = createNamespace(name);
    const programs = await remotePrograms();
    makeCertificates(folder, guest, programs);
    const daemon = new Daemon(folder, name);
    daemon.configure(mtu, {
      hosts: [daemon.host, `tcp://${guest}:${PORTS.tls}`],
      tlsverify: true,
      tlscacert: join(folder, "tls/ca.pem"),
      tlscert: join(folder, "tls/server.pem"),
      tlskey: join(folder, "tls/server-key.pem"),
    });
    const children = [
      startSshd(folder, programs, daemon.host),
      startRegistry(folder, programs),
      startRegistry(folder, programs, name),
    ];
    const host = new RemoteHost(guest, daemon, folder, children);
    await daemon.start();
    return host;
  }

  get unix(): string {
    return this.#daemon.host;
  }

  get ssh(): string {
    return `ssh://root@127.0.0.1:${PORTS.ssh}`;
  }

  get tcp(): string {
    return `tcp://${this.address}:${PORTS.tls}`;
  }

  /** Address of the registry, from wherever; it lets nobody in without a password. */
  get registry(): string {
    return `127.0.0.1:${PORTS.registry}`;
  }

  /** Folder with the client's certificates. */
  get tls(): string {
    return join(this.#folder, "tls");
  }

  /** What opens it. */
  readonly registryUser = operator;

  /** Pushes an image, as somebody who has logged in. */
  async push(image: string): Promise<void> {
    await withCredentials({ address: this.registry, ...operator }, (folder = "") =>
      this.docker("--config", folder, "push", "--quiet", image),
    );
  }

  /** What an operator who reaches it by ssh has in the environment: an ssh that knows the key and the host. */
  get sshEnvironment(): Record<string, string> {
    return { PATH: `${join(this.#folder, "ssh")}:${process.env.PATH}` };
  }

  /** The same for TLS: what the docker client goes by. */
  get tlsEnvironment(): Record<string, string> {
    return { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: this.tls };
  }

  /** Runs the docker client on the host itself. */
  docker(...args: string[]): Promise<string> {
    return run("docker", ["-H", this.unix, ...args]);
  }

  /** Has images that the operator's engine has. */
  async take(images: readonly string[]): Promise<void> {
    await run("sh", ["-c", `docker save ${images.join(" ")} | docker -H ${this.unix} load`]);
  }

  /** Ends the registries; what they hold stays. */
  stopRegistry(): void {
    for (const child of this.#children.slice(1)) child.kill();
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill("SIGTERM");
    await this.#daemon.stop();
    removeNamespace(this.#daemon.namespace);
  }
}

/** A certificate authority, and certificates for the engine and its client. */
function makeCertificates(folder: string, address: string, programs: RemotePrograms): void {
  const tls = join(folder, "tls");
  mkdirSync(tls);
  const openssl = (...args: string[]) => execFileSync(programs.openssl, args, { cwd: tls, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ca");
  const sign = (name: string, files: string, extensions: string) => {
    writeFileSync(join(tls, `${name}.cnf`), extensions);
    openssl("req", ...key, "-keyout", `${files}key.pem`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const by = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-extfile", `${name}.cnf`, "-out", `${name}.pem`);
  };
  sign("server", "server-", `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`);
  // The name under which the docker client looks for its own.
  sign("cert", "", "extendedKeyUsage=clientAuth\n");
}

/** An sshd for root on a port of this machine alone, with keys of its own; sessions find the engine of the host. */
function startSshd(folder: string, programs: RemotePrograms, dockerHost: string): ChildProcess {
  const ssh = join(folder, "ssh");
  mkdirSync(ssh);
  const write = (name: string, ...lines: string[]) => writeFileSync(join(ssh, name), `${lines.join("\n")}\n`);
  for (const key of ["host", "user"]) {
    execFileSync(programs["ssh-keygen"], ["-q", "-t", "ed25519", "-N", "", "-f", join(ssh, key)]);
  }
  cpSync(join(ssh, "user.pub"), join(ssh, "authorized_keys"));
  write("known_hosts", `[127.0.0.1]:${PORTS.ssh} ${readFileSync(join(ssh, "host.pub"), "utf8").trim()}`);
  write(
    "config",
    `IdentityFile ${ssh}/user`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${ssh}/known_hosts`,
    "StrictHostKeyChecking yes",
    "BatchMode yes",
  );
  // The docker client starts whichever ssh it finds first.
  write("ssh", "#!/bin/sh", `exec ${programs.ssh} -F ${ssh}/config "$@"`);
  chmodSync(join(ssh, "ssh"), 0o755);
  write(
    "sshd_config",
    `ListenAddress 127.0.0.1:${PORTS.ssh}`,
    `HostKey ${ssh}/host`,
    `AuthorizedKeysFile ${ssh}/authorized_keys`,
    ...programs.sshdPaths,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PasswordAuthentication no",
    `SetEnv DOCKER_HOST=${dockerHost} PATH=${process.env.PATH}`,
  );
  // It insists on a user of its own; one that the machine lacks is there for its eyes only.
  write("passwd", readFileSync("/etc/passwd", "utf8").trimEnd(), "sshd:x:65533:65534::/run/sshd:/bin/false");
  const script = [
    `mount --bind ${ssh}/passwd /etc/passwd`,
    "mount -t tmpfs none /run",
    "mkdir /run/sshd",
    `exec ${programs.sshd} -D -e -f ${ssh}/sshd_config`,
  ];
  return spawn("unshare", ["--mount", "sh", "-ec", script.join("\n")], { stdio: "ignore" });
}

/** A registry on 127.0.0.1 of this network namespace or another one. */
function startRegistry(folder: string, programs: RemotePrograms, namespace?: string): ChildProcess {
  const file = join(folder, "registry.yaml");
  const config = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: join(folder, "registry") } },
    http: { addr: `127.0.0.1:${PORTS.registry}` },
    auth: { htpasswd: { realm: "flotilla", path: join(folder, "users") } },
  };
  writeFileSync(join(folder, "users"), users);
  writeFileSync(file, JSON.stringify(config));
  const inside = namespace ? ["nsenter", `--net=/run/netns/${namespace}`] : [];
  const [program = "", ...args] = [...inside, programs["docker-registry"], "serve", file];
  return spawn(program, args, { stdio: "ignore" });
}
