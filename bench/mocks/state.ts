export const readState = () => ({
  hosts: async () => ({}),
  knowsNetwork: async () => false,
  urns: async () => [],
});
