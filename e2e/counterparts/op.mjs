// An OpenID provider (npm `oidc-provider`, certified) with everything on that the tests sign in with.
//
//   node op.mjs '{"redirect_uris": [...], "backchannel_logout_uri": "..."}'
//
// Listens on `port` of the loopback, or a free one, and prints `{"issuer": "..."}` when it is ready. Ends with its standard input.
import http from "node:http";
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const options = JSON.parse(process.argv[2] ?? "{}");
process.stdin.on("end", () => process.exit(0)).resume();

const key = async (alg) => ({ ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey)), alg, use: "sig", kid: `${alg}-${randomUUID()}` });

const groups = { alice: ["payments", "platform"], bob: ["billing"] };
const server = http.createServer();
server.listen(options.port ?? 0, "127.0.0.1", async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (client_id, more) => ({
    client_id,
    redirect_uris: options.redirect_uris ?? ["http://127.0.0.1:1/callback"],
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    response_types: ["code"],
    post_logout_redirect_uris: options.post_logout_redirect_uris ?? [],
    ...(options.backchannel_logout_uri && {
      backchannel_logout_uri: options.backchannel_logout_uri,
      backchannel_logout_session_required: true,
    }),
    ...more,
  });
  const provider = new Provider(issuer, {
    clients: [
      client("basic", { client_secret: "secret:of/basic +%", token_endpoint_auth_method: "client_secret_basic" }),
      client("post", { client_secret: "secret of post", token_endpoint_auth_method: "client_secret_post", id_token_signed_response_alg: "ES256" }),
      client("public", { token_endpoint_auth_method: "none", id_token_signed_response_alg: "EdDSA" }),
    ],
    jwks: { keys: await Promise.all(["RS256", "PS256", "ES256", "EdDSA"].map(key)) },
    features: {
      deviceFlow: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      devInteractions: { enabled: true },
    },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    pkce: { required: () => true },
    claims: {
      openid: ["sub", "auth_time"], acr: null, sid: null, iss: null,
      profile: ["name", "preferred_username"], email: ["email", "email_verified"], groups: ["groups"],
    },
    scopes: ["openid", "offline_access", "profile", "email", "groups"],
    // Claims are in the ID token too, as most providers send them.
    conformIdTokenClaims: options.claims_by_userinfo_only ?? false,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: async () => ({
        sub: id, name: `${id[0].toUpperCase()}${id.slice(1)} Example`, preferred_username: id,
        email: `${id}@example.com`, email_verified: true, groups: groups[id] ?? [],
      }),
    }),
    cookies: { keys: ["for tests only"] },
    // Version 9 refuses to call loopback addresses, where these tests live.
    fetch: (url, { dispatcher, ...rest }) => fetch(url, rest),
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
  provider.on("backchannel.error", (_ctx, error) => console.error(error));
  server.on("request", provider.callback());
  console.log(JSON.stringify({ issuer }));
});
