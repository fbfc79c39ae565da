/**
 * The longest line in characters. Pulumi's command plugin reads lines of up to 64 KiB: a longer one makes it read no more,
 * and the update hang for good.
 */
const LONGEST_LINE = 4000;

/** The longest text in characters. */
const LONGEST_TEXT = 200_000;

/** Lines for the user, which Pulumi shows as they come. What is too long to be read, or to be passed on, is cut. */
export function say(text: string): void {
  process.stderr.write(`${shortened(text)}\n`);
}

/** Settles once all that was said has been taken. */
export function said(): Promise<void> {
  return new Promise((done) => process.stderr.write("", () => done()));
}

/** A text whose lines are of a length that Pulumi's command plugin takes. */
export function shortened(text: string): string {
  return cut(
    text
      .split("\n")
      .map((line) => cut(line, LONGEST_LINE))
      .join("\n"),
    LONGEST_TEXT,
  );
}

function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length)} … (${text.length - length} characters more)`;
}
