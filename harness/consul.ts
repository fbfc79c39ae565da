import { request } from "./http.ts";

interface Member {
  Name: string;
  /** 1 is alive. */
  Status: number;
  Tags: { role: string };
}

const raft = "/v1/operator/raft/configuration";

/** Consul's HTTP API, through one of the servers and with one token; without one, as anybody. */
export class Consul {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token?: string) {
    this.#url = url;
    this.#token = token;
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.ask("GET", path);
    if (status !== 200) throw new Error(`Consul answers ${status} to GET ${path}: ${body}`);
    return JSON.parse(body);
  }

  ask(method: "GET" | "PUT" | "DELETE", path: string, body?: string) {
    const headers: Record<string, string> = this.#token ? { "X-Consul-Token": this.#token } : {};
    return request(new URL(path, this.#url).href, { method, body, headers });
  }

  async put(path: string, body: string): Promise<void> {
    const { status, body: answer } = await this.ask("PUT", path, body);
    if (status !== 200) throw new Error(`Consul answers ${status} to PUT ${path}: ${answer}`);
  }

  /** Address of the leader; empty while there is none. */
  leader(): Promise<string> {
    return this.get("/v1/status/leader");
  }

  async leaderName(): Promise<string> {
    const { Servers } = await this.get<{ Servers: { Node: string; Leader: boolean }[] }>(raft);
    return Servers.find(({ Leader }) => Leader)?.Node ?? "";
  }

  /** What the key/value store has under a key. */
  async value(key: string): Promise<string> {
    const [entry] = await this.get<{ Value: string }[]>(`/v1/kv/${key}`);
    return atob(entry?.Value ?? "");
  }

  /** Names of the members that are alive. */
  async alive(): Promise<string[]> {
    const members = await this.get<Member[]>("/v1/agent/members");
    return members
      .filter(({ Status }) => Status === 1)
      .map(({ Name }) => Name)
      .sort();
  }

  /** Names of the servers that have a vote. */
  async voters(): Promise<string[]> {
    const { Servers } = await this.get<{ Servers: { Node: string; Voter: boolean }[] }>(raft);
    return Servers.filter(({ Voter }) => Voter)
      .map(({ Node }) => Node)
      .sort();
  }

  /** Addresses, which are names of containers, of a service's instances that pass their check. */
  async passing(service: string): Promise<string[]> {
    const entries = await this.get<{ Service: { Address: string } }[]>(
      `/v1/health/service/${service}?passing`,
    );
    return entries.map(({ Service }) => Service.Address).sort();
  }
}
