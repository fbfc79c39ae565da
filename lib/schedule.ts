import { Cron } from "croner";

/** When something is to be done, again and again. */
export interface Schedule {
  /** As cron has it: minute, hour, day of the month, month, day of the week; or a word such as `@daily`. */
  readonly pattern: string;
  /** By whose clocks, such as "Europe/Berlin". */
  readonly timeZone: string;
}

/** Whether a text is a pattern, and one that some day will match. */
export function isPattern(text: string): boolean {
  try {
    return nextRun({ pattern: text, timeZone: "UTC" }, new Date()) !== undefined;
  } catch {
    return false;
  }
}

/** Whether a text is the name of a time zone. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

/** The first time after a moment; undefined where there is none any more. */
export function nextRun(schedule: Schedule, after: Date): Date | undefined {
  return cronOf(schedule).nextRun(after) ?? undefined;
}

/** The last time before a moment, or at it; undefined where there was none. */
export function lastRun(schedule: Schedule, until: Date): Date | undefined {
  // Croner leaves the moment itself out.
  const last = cronOf(schedule).previousRuns(2, new Date(until.getTime() + 1));
  return last.find((time) => time <= until);
}

/** Calls each time, for as long as the program runs. */
export function onSchedule(schedule: Schedule, call: (time: Date) => void): void {
  new Cron(schedule.pattern, { ...optionsOf(schedule), paused: false }, (cron: Cron) =>
    call(cron.currentRun() ?? new Date()),
  );
}

const cronOf = (schedule: Schedule) => new Cron(schedule.pattern, { ...optionsOf(schedule), paused: true });

/** Both of the days given: as cron has it, one of them is enough. */
const optionsOf = ({ timeZone }: Schedule) => ({ timezone: timeZone, mode: "5-part" }) as const;
