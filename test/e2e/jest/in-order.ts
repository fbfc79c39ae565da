interface TestFile {
  path: string;
}

/** Jest's sequencer of ours: the files in the order of their names, so that they can take over each other's stack. */
export default class InOrder {
  sort(files: TestFile[]): TestFile[] {
    return files.toSorted((a, b) => a.path.localeCompare(b.path));
  }
  shard(files: TestFile[]): TestFile[] {
    return files;
  }
  allFailedTests(files: TestFile[]): TestFile[] {
    return files;
  }
  cacheResults(): void {}
}
