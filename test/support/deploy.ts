import * as pulumi from "@pulumi/pulumi";
import { inScratchProject } from "./scratch-project.ts";

// A fraction of a second each, but on a busy machine more.
jest.setTimeout(60_000);

/** A resource as the program registered it, with secrets unwrapped. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** Short form of type and name, such as "Container consul-1"; unique in a program. */
  readonly id: string;
  /** Id of the component that it belongs to; empty for none. */
  readonly parent: string;
  /** Name of the provider; empty for the default one and for components. */
  readonly provider: string;
  readonly inputs: Record<string, unknown>;
  /** Where secrets stand in the inputs, such as "envs[1]". */
  readonly secrets: readonly string[];
  /** What a component made known of itself. */
  readonly outputs: Record<string, unknown>;
  /** Unset where it is left to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly protect: boolean;
  /** Ids of the resources that must be there first, whether given as `dependsOn` or met in the inputs; sorted. */
  readonly dependsOn: readonly string[];
  /** By input: ids of the resources that it takes an output of, sorted; less those that take none. */
  readonly takes: Readonly<Record<string, readonly string[]>>;
  /** Inputs that may change without anything being done to the resource. */
  readonly ignoreChanges: readonly string[];
  /** Inputs that replace the resource when they change, whatever its provider says. */
  readonly replaceOnChanges: readonly string[];
  /** What replaces the resource when it changes, beside its inputs; undefined for nothing. */
  readonly replacementTrigger: unknown;
  readonly secretOutputs: readonly string[];
  /** Names under which it may be in the state as well. */
  readonly aliases: readonly string[];
  /** Id of the resource that takes it along when it is deleted; empty for none. */
  readonly deletedWith: string;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Runs a program under Pulumi's mocks and returns what it registered, components included. */
export async function deploy(program: () => unknown, stack = "test"): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, custom }) {
        const { plain } = unwrap(inputs);
        return {
          id: custom === false ? undefined : `${name}-id`,
          state: { ...plain, ...computed(type, name) },
        };
      },
      call({ token }) {
        throw new Error(`no mock for the call ${token}`);
      },
    },
    "flotilla",
    stack,
  );
  record(registered);
  await inScratchProject(() =>
    withoutStackTraces(async () => {
      await program();
      await pulumi.runtime.disconnect();
    }),
  );
  return registered;
}

/** Pulumi takes a stack trace at every turn, which jest makes long and maps to the sources: most of the time of a run. */
async function withoutStackTraces(run: () => Promise<void>): Promise<void> {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Object.assign(Error, { prepareStackTrace: String, stackTraceLimit: 0 });
  try {
    await run();
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** What the mocks are told is not all: neither a resource's options nor which part of an input is secret. */
function record(registered: Registered[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const { registerResource, registerResourceOutputs } = monitor;
  monitor.registerResource = (request, callback) => {
    const { plain, secrets } = unwrap(request.getObject()?.toJavaScript() ?? {});
    registered.push({
      type: request.getType(),
      name: request.getName(),
      id: idOf(request.getType(), request.getName()),
      parent: request.getParent() && idOfUrn(request.getParent()),
      provider: request.getProvider().split("::").at(-2) ?? "",
      inputs: plain,
      secrets,
      outputs: {},
      deleteBeforeReplace: request.getDeletebeforereplacedefined()
        ? request.getDeletebeforereplace()
        : undefined,
      protect: request.getProtect() ?? false,
      dependsOn: request.getDependenciesList().map(idOfUrn).sort(),
      takes: takenBy(request),
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
      aliases: [
        ...request.getAliasurnsList().map((urn) => urn.split("::").at(-1) ?? ""),
        ...request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? ""),
      ],
      deletedWith: request.getDeletedwith() && idOfUrn(request.getDeletedwith()),
    });
    return registerResource.call(monitor, request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    const component = registered.find(({ id }) => id === idOfUrn(request.getUrn()));
    Object.assign(component?.outputs ?? {}, unwrap(request.getOutputs()?.toJavaScript() ?? {}).plain);
    return registerResourceOutputs.call(monitor, request, callback);
  };
}

/** Pulumi's mocked engine, as far as it is of interest here. */
interface Monitor {
  registerResource(request: ResourceRequest, callback: unknown): unknown;
  registerResourceOutputs(request: OutputsRequest, callback: unknown): unknown;
}

interface ResourceRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProvider(): string;
  getObject(): Properties | undefined;
  getProtect(): boolean | undefined;
  getDeletebeforereplace(): boolean;
  getDeletebeforereplacedefined(): boolean;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { forEach(each: (urns: Urns, input: string) => void): void };
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getAdditionalsecretoutputsList(): string[];
  getAliasurnsList(): string[];
  getAliasesList(): { getSpec(): { getName(): string } | undefined }[];
  getDeletedwith(): string;
}

interface Urns {
  getUrnsList(): string[];
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): Properties | undefined;
}

interface Properties {
  toJavaScript(): Record<string, unknown>;
}

function takenBy(request: ResourceRequest): Record<string, string[]> {
  const taken: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((urns, input) => {
    const ids = urns.getUrnsList().map(idOfUrn).sort();
    if (ids.length > 0) taken[input] = ids;
  });
  return taken;
}

/** Outputs that the real providers compute. */
function computed(type: string, name: string): Record<string, unknown> {
  switch (type) {
    case "docker:index/container:Container":
      return { name: `${name}-0a1b2c3` };
    case "command:local:Command":
      return { stdout: name.endsWith("-ready") ? "2" : `what ${name} printed` };
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: `sha256:${name}` };
    case "random:index/randomPassword:RandomPassword":
      return { result: `password-of-${name}` };
    default:
      return {};
  }
}

/** Ids of what belongs to a component, in no matter which depth, sorted. */
export function idsBelow(all: readonly Registered[], component: string): string[] {
  const children = all.filter(({ parent }) => parent === component).map(({ id }) => id);
  return children.flatMap((id) => [id, ...idsBelow(all, id)]).sort();
}

/** The resource of that id; fails where there is none. */
export function find(all: readonly Registered[], id: string): Registered {
  const found = all.find((resource) => resource.id === id);
  if (!found) throw new Error(`no ${id} among\n  ${all.map((resource) => resource.id).join("\n  ")}`);
  return found;
}

function idOf(type: string, name: string): string {
  return `${type.split(":").at(-1)} ${name}`;
}

function idOfUrn(urn: string): string {
  const [, , type = "", name = ""] = urn.split("::");
  return idOf(type, name);
}

function unwrap(inputs: object): { plain: Record<string, unknown>; secrets: string[] } {
  const secrets: string[] = [];
  const plain = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((part, index) => plain(part, `${path}[${index}]`));
    if (typeof value !== "object" || value === null) return value;
    if (SIGNATURE in value && "value" in value) {
      secrets.push(path);
      return plain(value.value, path);
    }
    const parts = Object.entries(value);
    return Object.fromEntries(parts.map(([key, part]) => [key, plain(part, path ? `${path}.${key}` : key)]));
  };
  return { plain: plain(inputs, "") as Record<string, unknown>, secrets };
}
