// Okta and GitHub as npm `emulate` plays them: pages to sign in at, tokens, users, organisations and teams.
//
//   node emulate.mjs '{"redirect_uri": "..."}'
//
// Each listens on a free port of the loopback; `{"okta": "...", "github": "..."}` is printed when both are ready. Ends with
// its standard input.
import net from "node:net";
import { createEmulator } from "emulate";

const { redirect_uri } = JSON.parse(process.argv[2]);
process.stdin.on("end", () => process.exit(0)).resume();

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const start = async (service, seed) => {
  const port = await freePort();
  const emulator = await createEmulator({ service, port, baseUrl: `http://127.0.0.1:${port}`, seed: { [service]: seed } });
  return emulator.url;
};

const okta = await start("okta", {
  users: [
    { okta_id: "00u_alice", login: "alice@example.com", email: "alice@example.com", first_name: "Alice", last_name: "Example" },
  ],
  groups: [{ okta_id: "00g_payments", name: "payments" }],
  group_memberships: [{ group_okta_id: "00g_payments", user_okta_id: "00u_alice" }],
  authorization_servers: [{ id: "default", name: "default", audiences: ["api://default"] }],
  oauth_clients: ["basic", "post"].map((method) => ({
    client_id: method,
    client_secret: "okta-secret",
    token_endpoint_auth_method: `client_secret_${method}`,
    name: "Bussola",
    redirect_uris: [redirect_uri],
    auth_server_id: "default",
  })),
});
const github = await start("github", {
  users: [
    { login: "alice", name: "Alice Example", email: "alice@example.com" },
    { login: "bob", name: "Bob Example", email: "bob@example.com" },
  ],
  orgs: [
    { login: "acme", name: "Acme", members: [{ login: "alice", role: "admin" }] },
    { login: "elsewhere", name: "Elsewhere", members: [{ login: "alice", role: "admin" }] },
  ],
  oauth_apps: [{ client_id: "Iv1.bussola", client_secret: "github secret", name: "Bussola", redirect_uris: [redirect_uri] }],
});
console.log(JSON.stringify({ okta, github }));
