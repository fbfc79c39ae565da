/** What the rules must know beside the config itself. */
export interface SettingsContext {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** Top-level keys, without namespace, whose values are stored encrypted at least in part. */
  readonly secretKeys: ReadonlySet<string>;
  /** Text of the stack's file, `Pulumi.<stack>.yaml`, where there is one. */
  readonly file?: string | undefined;
  /** Whether Docker's clients find certificates for TLS in their environment. */
  readonly hasClientTls: boolean;
  /** Tells what there is at a path relative to the project. */
  readonly lookUp: (path: string) => "file" | "folder" | undefined;
}
