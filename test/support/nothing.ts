/** Takes the place of modules that are costly to load and of no use in tests. */
export {};
