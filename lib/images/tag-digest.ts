import type { RegistrySettings } from "../../config/settings.ts";
import { attempt } from "../../runtime/program.ts";
import { registryOf, withCredentials } from "./registry-credentials.ts";

/** Milliseconds after which a registry counts as one that does not answer. */
const TIMEOUT = 10_000;

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

interface Descriptor {
  readonly digest: string;
  readonly platform?: Platform;
}

/** What `docker manifest inspect` prints: the images of a tag by platform, or, told to be verbose, the only one. */
type Manifest = { readonly manifests: readonly Descriptor[] } | { readonly Descriptor: Descriptor } | object;

/**
 * Asks the registry what an image's tag stands for, with the credentials of a registry where the image is in that, of
 * `docker login` otherwise. Returns the digest for a platform such as "linux/amd64"; throws with the reason where there is
 * none, or nobody answers.
 */
export async function digestOf(
  image: string,
  registry: RegistrySettings | undefined,
): Promise<(platform: string) => string> {
  return withCredentials(registryOf(image, registry), (folder) => lookUp(image, folder));
}

async function lookUp(image: string, folder: string | undefined): Promise<(platform: string) => string> {
  const inspect = (...args: string[]) => inspectManifest(folder ? ["--config", folder] : [], args);
  // Engines, too, speak plainly with a registry of the same machine.
  const plain = /^(localhost|127(\.\d+){3})(:\d+)?\//.test(image) ? ["--insecure"] : [];
  const list = await inspect(...plain, image);
  if ("manifests" in list) {
    return (wanted) => {
      const found = list.manifests.find(({ platform }) => platform && nameOf(platform) === wanted);
      if (!found) throw new Error(`it has no image for ${wanted}`);
      return found.digest;
    };
  }
  const only = await inspect(...plain, "--verbose", image);
  if (!("Descriptor" in only)) throw new Error("the registry tells no digest");
  return () => only.Descriptor.digest;
}

async function inspectManifest(flags: readonly string[], args: readonly string[]): Promise<Manifest> {
  const command = [...flags, "manifest", "inspect", ...args];
  const { code, stdout, stderr, failure } = await attempt("docker", command, { timeout: TIMEOUT });
  if (code === 0) return JSON.parse(stdout) as Manifest;
  if (failure === "out of time") throw new Error(`no answer within ${TIMEOUT / 1000} s`);
  throw new Error(stderr.trim().split("\n").at(-1));
}

const nameOf = ({ os, architecture }: Platform) => `${os}/${architecture}`;
