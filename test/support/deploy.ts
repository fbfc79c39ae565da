import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it, with secrets unwrapped. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly inputs: Record<string, unknown>;
  /** Top-level inputs that were secret. */
  readonly secrets: readonly string[];
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Runs a program under Pulumi's mocks and returns what it registered, components included. */
export async function deploy(program: () => unknown, stack = "test"): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, provider, inputs, custom }) {
        const plain = unwrap(inputs) as Record<string, unknown>;
        const secrets = Object.keys(inputs).filter((key) => isSecret(inputs[key]));
        registered.push({ type, name, provider: provider ?? "", inputs: plain, secrets });
        return { id: custom === false ? undefined : `${name}-id`, state: { ...plain, ...computed(type, name) } };
      },
      call({ token }) {
        throw new Error(`no mock for the call ${token}`);
      },
    },
    "flotilla",
    stack,
  );
  await program();
  await pulumi.runtime.disconnect();
  return registered;
}

/** Outputs that the real providers compute. */
function computed(type: string, name: string): Record<string, unknown> {
  switch (type) {
    case "docker:index/container:Container":
      return { name: `${name}-0a1b2c3` };
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: `sha256:${name}` };
    case "random:index/randomPassword:RandomPassword":
      return { result: `password-of-${name}` };
    default:
      return {};
  }
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && SIGNATURE in value;
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return unwrap((value as { value: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
