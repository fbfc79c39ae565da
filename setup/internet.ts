let answer: Promise<boolean> | undefined;

/** Whether Pulumi's download site can be reached; asked once a run, and answered within three seconds. */
export function downloadsWork(): Promise<boolean> {
  answer ??= fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(3000) }).then(
    () => true,
    () => false,
  );
  return answer;
}
