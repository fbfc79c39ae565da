import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { sleep } from "./wait.ts";

/** Milliseconds in which a connection is made, and a question answered. */
const PATIENCE = 5000;

/** A connection over which one question after the other is put, a line each. */
export class Connection {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, address = "127.0.0.1"): Promise<Connection> {
    const socket = connect(port, address);
    await once(socket, "connect", { signal: AbortSignal.timeout(PATIENCE) });
    return new Connection(socket.on("error", () => {}));
  }

  /** The first that comes in answer. Fails where the connection ends instead. */
  async ask(question: string): Promise<string> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE)]);
    const ended = once(this.#socket, "close", { signal }).then(() => {
      throw new Error("the connection was closed");
    });
    const answer = once(this.#socket, "data", { signal }).then(([data]) => String(data).trim());
    ended.catch(() => {});
    answer.catch(() => {});
    if (this.#socket.destroyed) throw new Error("the connection was closed");
    this.#socket.write(`${question}\r\n`);
    try {
      return await Promise.race([answer, ended]);
    } finally {
      over.abort();
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** One question over a connection of its own. */
export async function askOnce(question: string, port: number, address?: string): Promise<string> {
  const connection = await Connection.open(port, address);
  try {
    return await connection.ask(question);
  } finally {
    connection.close();
  }
}

/**
 * Has some clients ask again and again, each time over a new connection, while something is done. Gives how often they did, and
 * what became of those that got no answer.
 */
export async function whileAsking(
  ask: () => Promise<unknown>,
  work: () => Promise<unknown>,
): Promise<{ asked: number; failures: string[] }> {
  const failures: string[] = [];
  let asked = 0;
  let isOver = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      asked++;
      await ask().catch((error: Error) => failures.push(error.message));
      await sleep(0.02);
    }
  });
  try {
    await work();
  } finally {
    isOver = true;
    await Promise.all(clients);
  }
  return { asked, failures };
}
