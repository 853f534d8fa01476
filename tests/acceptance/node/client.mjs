// A client of the npm package `centrifuge`, as it is, that does what it is told: one JSON object a line on standard
// input, `{"n", "do", …}`, each answered by `{"n", "result"}` or `{"n", "error"}`; what it hears of goes out as
// `{"event", …}`.
//     node client.mjs '{"transport", "server", "user", "secret", "lasts"?}'
import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";

const options = JSON.parse(process.argv[2]);
// "websocket in protobuf": then data are bytes of JSON.
const [transport, , protobuf] = options.transport.split(" ");
const build = "../../../web/node_modules/centrifuge/build";
const { Centrifuge } = await import(protobuf ? `${build}/protobuf/index.mjs` : `${build}/index.mjs`);

const readable = (_, value) => (value instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(value)) : value);
const say = (message) => process.stdout.write(JSON.stringify(message, readable) + "\n");
const writable = (data) => (protobuf ? new TextEncoder().encode(JSON.stringify(data)) : data);
const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function token(claims) {
  const expires = options.lasts ? { exp: Math.floor(Date.now() / 1000) + options.lasts } : {};
  const body = [{ alg: "HS256", typ: "JWT" }, { sub: options.user, ...expires, ...claims }].map(encode).join(".");
  say({ event: "token", channel: claims.channel ?? "" });
  return `${body}.${createHmac("sha256", options.secret).update(body).digest("base64url")}`;
}

const server = transport === "websocket" ? options.server.replace("http", "ws") : options.server;
const client = new Centrifuge(
  [{ transport, endpoint: `${server}/connection/${transport}` }],
  {
    emulationEndpoint: `${options.server}/emulation`,
    getToken: async () => token({}),
    minReconnectDelay: 50,
    timeout: 60_000,
  },
);

for (const name of ["connecting", "connected", "disconnected", "subscribed", "publication"]) {
  client.on(name, (context) => say({ event: name, server: true, ...context }));
}

function subscribe({ channel, tokens, delta, ...wanted }) {
  const more = { ...(tokens && { getToken: async () => token({ channel }) }), ...(delta && { delta }) };
  const subscription = client.newSubscription(channel, { ...wanted, ...more });
  for (const name of ["subscribed", "unsubscribed", "publication", "join", "leave", "error"]) {
    subscription.on(name, (context) => say({ event: name, ...context, error: context.error?.message }));
  }
  subscription.subscribe();
  return subscription.ready();
}

const actions = {
  connect: () => (client.connect(), client.ready()),
  disconnect: () => client.disconnect(),
  subscribe,
  unsubscribe: ({ channel }) => client.getSubscription(channel).unsubscribe(),
  publish: ({ channel, data }) => client.publish(channel, writable(data)),
  presence: ({ channel }) => client.presence(channel),
  presenceStats: ({ channel }) => client.presenceStats(channel),
  history: ({ channel, ...page }) => client.history(channel, page),
  rpc: ({ method, data }) => client.rpc(method, writable(data)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { n, do: action, ...given } = JSON.parse(line);
  Promise.resolve()
    .then(() => actions[action](given))
    .then((result) => say({ n, result: result ?? {} }))
    .catch((error) => say({ n, error }));
}
process.exit(0);
