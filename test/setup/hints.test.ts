import { hintFor } from "../../setup/hints.ts";

// What the programs themselves print, and the words the advice must have.
const cases: [failure: string, output: string, advice: RegExp][] = [
  [
    "engine away",
    "error: pulumi:providers:docker (local): error pinging Docker server: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    /npm run setup/,
  ],
  [
    "engine closed to this user",
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
    /usermod -aG docker/,
  ],
  [
    "port taken by another container",
    "Error response from daemon: driver failed programming external connectivity on endpoint dev-front: Bind for 0.0.0.0:8080 failed: port is already allocated",
    /ss -ltnp.*loadBalancers\.port/,
  ],
  [
    "port taken by another program",
    "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
    /ss -ltnp/,
  ],
  ["attributes of the state cut short", "error: failed to load checkpoint: EOF", /find ~\/\.pulumi .*-empty/],
  ["disk full", "write /var/lib/docker/tmp/x: no space left on device", /docker system df/],
  [
    "subnet taken",
    "Error response from daemon: Pool overlaps with other one on this address space",
    /docker network ls.*network\.subnet/,
  ],
  [
    "subnet taken, as Docker 20 says it of a network of its own",
    "Error response from daemon: failed to allocate gateway (172.30.0.1): Address already in use",
    /network\.subnet/,
  ],
  [
    "image unknown",
    "Error response from daemon: pull access denied for shop, repository does not exist or may require 'docker login'",
    /docker login/,
  ],
  [
    "tag unknown",
    "manifest for nginx:nope not found: manifest unknown: manifest unknown",
    /An image can't be had/,
  ],
  [
    "registry out of reach",
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host',
    /reaches the registry/,
  ],
  [
    "stack locked",
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
    /pulumi cancel --stack/,
  ],
  [
    "protected data",
    'error: Preview failed: resource "urn:pulumi:dev::flotilla::docker:index/volume:Volume::data" cannot be deleted\nbecause it is protected. To unprotect the resource,',
    /--exclude-protected.*--ignore-protect/,
  ],
  [
    "another passphrase",
    "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
    /PULUMI_CONFIG_PASSPHRASE_FILE/,
  ],
];

test.each(cases)("%s: says what to do", (_, output, advice) => {
  expect(hintFor(`Updating (dev):\n${output}\n`)).toMatch(advice);
});

test("finds the failure in an event log, where a message is JSON", () => {
  const event = { diagnosticEvent: { message: "listen tcp4 0.0.0.0:8080: bind: address already in use\n" } };
  expect(hintFor(JSON.stringify(event))).toMatch(/ss -ltnp/);
});

test("a full disk is named even where it looks like a failed pull", () => {
  expect(hintFor("manifest unknown: write /tmp/x: no space left on device")).toMatch(/disk is full/);
});

test("a failure of the user's own program gets no advice on the machine", () => {
  expect(hintFor("web-a1: health check failed: HTTP 500")).toBeUndefined();
});
