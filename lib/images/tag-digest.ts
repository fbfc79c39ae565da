import type { DockerEngine } from "../../runtime/docker.ts";

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
 * Asks the registry what an image's tag stands for, with the credentials of `docker login`. Returns the digest for a
 * platform such as "linux/amd64"; throws with the reason where there is none, or nobody answers.
 */
export async function digestOf(engine: DockerEngine, image: string): Promise<(platform: string) => string> {
  const inspect = async (...flags: string[]) =>
    JSON.parse(await engine.docker("manifest", "inspect", ...flags, image)) as Manifest;
  const list = await inspect();
  if ("manifests" in list) {
    return (wanted) => {
      const found = list.manifests.find(({ platform }) => platform && nameOf(platform) === wanted);
      if (!found) throw new Error(`it has no image for ${wanted}`);
      return found.digest;
    };
  }
  const only = await inspect("--verbose");
  if (!("Descriptor" in only)) throw new Error("the registry tells no digest");
  return () => only.Descriptor.digest;
}

const nameOf = ({ os, architecture }: Platform) => `${os}/${architecture}`;
