import { once } from "node:events";
import { notYet, say, within } from "../../runtime/command.ts";
import { deadlineSignal, secondsLeft } from "../../runtime/deadline.ts";
import type { DockerEngine } from "../../runtime/docker.ts";

/** Seconds that a command waits for another one's end, beside what that one may have to wait for itself. */
const WAIT = 60;

/** Seconds of one attempt: what waits in the container may outlive whoever had it wait. */
const ATTEMPT = 5;

/** Seconds that a lock is held at most where nothing limits its holder. */
const LONGEST = 3600;

/**
 * Does work on a service's pool on one host while no other command does: where an update was killed, its command may still
 * be at it. The lock is a file's in the container of the host's Consul agent, held by a program there for as long as its
 * standard input is open: so it is let go at once when the command ends, however that may be, and needs no quorum.
 * @param others seconds that the other command may have to wait, such as for instances to pass
 */
export async function withPoolLock<T>(
  engine: DockerEngine,
  agent: string,
  service: string,
  work: () => Promise<T>,
  others = 0,
): Promise<T> {
  let waits = false;
  // Of the work, which within() would cut to that of a look.
  const longest = Math.ceil(Math.min(secondsLeft(), LONGEST));
  const release = await within(WAIT + others, `${service}: its pool can't be worked on`, async () => {
    try {
      return await acquire(engine, agent, service, longest);
    } catch (error) {
      if (error instanceof Held && !waits) say(`${service}: waiting for another command that works on it`);
      waits ||= error instanceof Held;
      throw error;
    }
  });
  try {
    return await work();
  } finally {
    release();
  }
}

class Held extends Error {}

/** Takes the lock for so many seconds at most, and returns how to let it go. */
async function acquire(
  engine: DockerEngine,
  agent: string,
  service: string,
  longest: number,
): Promise<() => void> {
  const hold = ["sh", "-c", `echo locked && exec timeout ${longest} cat`];
  const file = `/tmp/flotilla-${service}.lock`;
  const holder = engine.pipe(agent, "flock", "--timeout", String(ATTEMPT), file, ...hold);
  let isHeld = false;
  // Work that is under way is better finished than left half done where the agent is restarted meanwhile.
  holder.on("error", (error) => isHeld && say(`${service}: goes on without its lock: ${error.message}`));
  const release = () => {
    isHeld = false;
    holder.destroy();
  };
  try {
    await once(holder, "data", { signal: deadlineSignal() });
    isHeld = true;
    return release;
  } catch (error) {
    release();
    // That is all that flock says.
    if (/exit code 1$/.test((error as Error).message)) throw new Held("another command is at work on it");
    return notYet((error as Error).message);
  }
}
