/** A failure that lies with the machine, and what to do about it. */
export interface Hint {
  readonly pattern: RegExp;
  readonly advice: string;
}

/** From the most telling to the vaguest: the first that matches is the one shown. */
export const hints: readonly Hint[] = [
  {
    pattern: /the stack is currently locked by/i,
    advice:
      "Another update of this stack runs, or one was killed: wait for it, or if there is none, `pulumi cancel --stack` and its name.",
  },
  {
    pattern: /failed to load checkpoint: EOF/i,
    advice:
      "Pulumi was ended while it wrote the attributes of the state, which is whole itself. The empty file is found with " +
      "`find ~/.pulumi -name '*.attrs' -empty`, and can be deleted.",
  },
  {
    pattern: /because it is protected/i,
    advice:
      "Pulumi deletes no protected data. That of a service which the config has no more goes, for good, by the `pulumi state " +
      "unprotect` above and another `up`; a service that got another name keeps it by `movedFrom`. `pulumi destroy " +
      "--exclude-protected` keeps it and the secrets that open it, and takes the rest away; `--ignore-protect` deletes it, too.",
  },
  {
    pattern: /incorrect passphrase/i,
    advice:
      "The stack's secrets were made with another passphrase: set PULUMI_CONFIG_PASSPHRASE_FILE to the file that holds it " +
      "(unset PULUMI_CONFIG_PASSPHRASE, which goes before it).",
  },
  {
    pattern: /no space left on device/i,
    advice: "The disk is full: see `docker system df`; `docker system prune` frees what no container uses.",
  },
  {
    pattern: /pool overlaps with other one on this address space|failed to allocate gateway/i,
    advice:
      "Another Docker network holds these addresses: `docker network ls` shows it; choose a free range with " +
      "`pulumi config set --path flotilla:network.subnet 172.31.0.0/16`.",
  },
  {
    pattern: /port is already allocated|address already in use/i,
    advice:
      "Something else listens on that port: `ss -ltnp` (or `docker ps`) shows what; stop it, or choose another port with " +
      "`pulumi config set --path flotilla:loadBalancers.port 8090`.",
  },
  {
    pattern: /pull access denied|manifest unknown|no such host|toomanyrequests|failed to resolve reference/i,
    advice:
      "An image can't be had: check its name in stack config, `docker login` for a private one, and that this machine " +
      "reaches the registry. The base images of our own are made by `npm run setup`.",
  },
  {
    pattern:
      /permission denied while trying to connect to the docker daemon|docker\.sock: connect: permission denied/i,
    advice: "This user may not use Docker: `sudo usermod -aG docker $USER`, then log in anew.",
  },
  {
    pattern: /cannot connect to the docker daemon|error pinging docker server|is the docker daemon running/i,
    advice:
      "The Docker engine does not answer: `npm run setup` starts one on this machine; for another host see " +
      "`pulumi config get flotilla:hosts`.",
  },
];

/** What to do about a failed run, from all that it printed; nothing where the machine is not to blame. */
export function hintFor(output: string): string | undefined {
  return hints.find(({ pattern }) => pattern.test(output))?.advice;
}
