import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { RegistrySettings } from "../../config/settings.ts";

const HUB = "docker.io";

/** Host of the registry that an image is in. */
export function registryHost(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : HUB;
}

const hostOf = ({ address }: RegistrySettings) => address.split("/")[0] ?? address;

/** The registry, where an image is in it and it has credentials of its own; those of `docker login` count otherwise. */
export function registryOf(image: string, registry: RegistrySettings | undefined) {
  return registry?.username && hostOf(registry) === registryHost(image) ? registry : undefined;
}

/** Runs something with a folder of the docker client's that holds the registry's password, and is gone afterwards. */
export async function withCredentials<T>(
  registry: RegistrySettings | undefined,
  run: (folder: string | undefined) => Promise<T>,
): Promise<T> {
  if (!registry?.username) return run(undefined);
  const { username, password = "" } = registry;
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "flotilla-registry-"));
  try {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    const host = hostOf(registry);
    const name = host === HUB ? "https://index.docker.io/v1/" : host;
    const config = JSON.stringify({ auths: { [name]: { auth } } });
    await fs.writeFile(path.join(folder, "config.json"), config, { mode: 0o600 });
    return await run(folder);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** The same for Pulumi's provider, which pulls what is not built here. */
export function providerCredentials(registry: RegistrySettings | undefined) {
  if (!registry?.username) return [];
  const host = hostOf(registry);
  const { username, password = "" } = registry;
  return [{ address: host === HUB ? "registry-1.docker.io" : host, username, password }];
}
