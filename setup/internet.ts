let answer: Promise<boolean> | undefined;

/** Whether Pulumi's download site can be reached; asked once a run, and answered within three seconds. */
export function downloadsWork(): Promise<boolean> {
  answer ??= reach("https://get.pulumi.com/");
  return answer;
}

/** For the rest of this run: one download that failed on the way says enough about the others. */
export function giveUpOnDownloads(): void {
  answer = Promise.resolve(false);
}

async function reach(url: string): Promise<boolean> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), 3000);
  try {
    await fetch(url, { method: "HEAD", signal: timeout.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
