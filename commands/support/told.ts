/** What every program is told that runs for good on a host, by a file in its container. */
export interface Told {
  readonly stack: string;
  /** Key of the host. */
  readonly host: string;
  /** Container of the host's agent. */
  readonly agent: string;
  /** Path of the agent's socket. */
  readonly socket: string;
  /** Secret. */
  readonly token: string;
}
