/** A custom resource of a stack's state. */
export interface Resource {
  readonly urn: string;
  /** Such as "docker:index/container:Container". */
  readonly type: string;
  /** By which the program calls it. */
  readonly name: string;
  /** What a container is for; nothing for others. */
  readonly role?: string;
  /** When it was made, as ISO time. */
  readonly created: string;
}

/** The state as `pulumi stack export` prints it, as far as the tests ask. */
export interface Exported {
  deployment: {
    resources?: {
      urn: string;
      type: string;
      custom: boolean;
      delete?: boolean;
      created: string;
      inputs?: { labels?: { label: string; value: string }[] };
    }[];
  };
}

/** Every custom resource of a state, providers too, by URN; without those that only wait to be deleted. */
export function resourcesOf({ deployment: { resources = [] } }: Exported): Resource[] {
  return resources
    .filter((resource) => resource.custom && !resource.delete)
    .map(({ urn, type, created, inputs }) => {
      const name = urn.split("::").slice(3).join("::");
      const isContainer = type === "docker:index/container:Container";
      const role = isContainer
        ? inputs?.labels?.find(({ label }) => label === "flotilla.role")?.value
        : undefined;
      return { urn, type, name, created, ...(role !== undefined && { role }) };
    })
    .sort((a, b) => (a.urn < b.urn ? -1 : 1));
}
