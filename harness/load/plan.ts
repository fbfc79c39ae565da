/** One client that asks again and again, each request after the answer to the one before. */
export interface Client {
  /** How its requests are told from others' in reports. */
  readonly name: string;
  readonly method: "GET" | "HEAD" | "OPTIONS" | "POST";
  /** Path and query. A POST gets a number of its own on top, as query parameter `id`. */
  readonly path: string;
  /** Base of the path, where that is not the plan's. */
  readonly url?: string;
  /** One connection for all requests, or a new one for each. */
  readonly keepAlive: boolean;
  /** Seconds of rest between two requests. */
  readonly rest: number;
  /** How often a request that failed is sent again before it counts as failed. A strict client never does. */
  readonly retries: number;
  /** Whether the server takes its time with the answer: latencies are reported without these. */
  readonly slow: boolean;
}

/** Requests that arrive at a steady rate, whatever becomes of those before them. */
export interface Arrivals {
  readonly perSecond: number;
  readonly path: string;
}

/** What a drill's clients do. */
export interface Plan {
  /** Base of all paths. */
  readonly url: string;
  readonly clients: readonly Client[];
  /** WebSockets that are held open; reported apart. */
  readonly sockets: number;
  readonly arrivals?: Arrivals;
  /** Whether answers must be the drill's own application's. Otherwise any answer below 400 is good. */
  readonly ownApplication: boolean;
}

const client = (client: Partial<Client> & Pick<Client, "name">): Client => ({
  method: "GET",
  path: "/",
  keepAlive: true,
  // The load is there to see, not to press.
  rest: 0.05,
  retries: 0,
  slow: false,
  ...client,
});

const slow = { rest: 0, slow: true };
const fresh = { keepAlive: false };
const post = { method: "POST", path: "/echo" } as const;

const getters = [
  client({ name: "GET" }),
  client({ name: "GET" }),
  client({ name: "GET, new connections", ...fresh }),
  client({ name: "GET, new connections", ...fresh }),
];
const slowGetters = [
  client({ name: "GET of 2 s", path: "/slow?seconds=2", ...slow }),
  client({ name: "GET of 2 s, new connections", path: "/slow?seconds=2", ...slow, ...fresh }),
];
const posters = [
  client({ name: "POST", ...post }),
  client({ name: "POST", ...post }),
  client({ name: "POST, new connections", ...post, ...fresh }),
  client({ name: "POST, new connections", ...post, ...fresh }),
];
const slowPosters = [
  client({ name: "POST of 2 s", ...post, path: "/echo?seconds=2", ...slow }),
  client({ name: "POST of 2 s, new connections", ...post, path: "/echo?seconds=2", ...slow, ...fresh }),
];

/** Every kind of request against the drill's own application. */
export const everyKind = (url: string): Plan => ({
  url,
  clients: [...getters, ...posters, ...slowGetters, ...slowPosters],
  sockets: 2,
  ownApplication: true,
});

/** Every kind and every method that may be sent again when a server hangs up, which POST may not. */
export const everyMethod = (url: string): Plan => {
  const plan = everyKind(url);
  const others = (["HEAD", "OPTIONS"] as const).map((method) => client({ name: method, method }));
  return { ...plan, clients: [...plan.clients, ...others] };
};

/** The same without those that take their time, on which any version of the example will do. */
export const quickOnes = (url: string): Plan => ({
  url,
  clients: [...getters, ...posters],
  sockets: 0,
  ownApplication: true,
});

/** GET requests for one page, with and without a connection of their own. */
export const getsOf = (url: string, path: string): Plan => ({
  url,
  clients: getters.map((client) => ({ ...client, path })),
  sockets: 0,
  ownApplication: true,
});

/** What is answered only with the help of another service. */
export const calls = (url: string): Plan => ({
  url,
  clients: [...getters, ...posters].map((client) => ({ ...client, path: "/call" })),
  sockets: 0,
  ownApplication: true,
});

/** The same clients with twice the rest, or so many times as much, for machines that have more to do. */
export const unhurried = (plan: Plan, times = 2): Plan => ({
  ...plan,
  clients: plan.clients.map((client) => ({ ...client, rest: times * client.rest })),
});

/** A plan's clients at each of several places, whose names are told with theirs. */
export function atEach(places: Readonly<Record<string, string>>, planOf: (url: string) => Plan): Plan {
  const plans = Object.entries(places).map(([place, url]) => ({ place, ...planOf(url) }));
  const [first] = plans;
  if (first === undefined) throw new Error("clients are to stand somewhere");
  const { place: _, ...plan } = first;
  const clients = plans.flatMap(({ place, url, clients }) =>
    clients.map((client) => ({ ...client, name: `${client.name}, at ${place}`, url })),
  );
  return { ...plan, clients };
}

/** What an application of unknown kind can be asked: its first page. */
export const pagesOnly = (url: string): Plan => ({
  url,
  clients: getters,
  sockets: 0,
  ownApplication: false,
});

/** Clients that send a request once more when it failed, as browsers do with a GET. */
export const oneRetry: readonly Client[] = [
  client({ name: "GET, sent again once", retries: 1 }),
  client({ name: "GET, new connections, sent again once", ...fresh, retries: 1 }),
];

/** So many clients that never rest: with a connection each, and with a new one for each request. */
export const busy = (url: string, kept: number, renewing = 0): Plan => ({
  url,
  clients: [
    ...Array.from({ length: kept }, () => client({ name: "GET", rest: 0 })),
    ...Array.from({ length: renewing }, () => client({ name: "GET, new connections", ...fresh, rest: 0 })),
  ],
  sockets: 0,
  ownApplication: true,
});

/** Requests for the first page that arrive at a steady rate. */
export const steady = (url: string, perSecond: number): Plan => ({
  url,
  clients: [],
  sockets: 0,
  arrivals: { perSecond, path: "/" },
  ownApplication: true,
});
