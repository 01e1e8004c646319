// An independent judge of tokens (npm `jose`): signs with every algorithm that we verify, and verifies what we sign.
//
//   node jose.mjs '{"issuer": "...", "audience": "...", "claims": {...}, "verify": [{"token": "...", "jwks": {...}}]}'
//
// Prints `{"jwks": {...}, "tokens": {"RS256": "...", ...}, "verified": [claims or "why not", ...]}`.
import { SignJWT, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";

const { issuer, audience, claims, verify } = JSON.parse(process.argv[2]);
process.stdin.on("end", () => process.exit(0)).resume();

const keys = [];
const tokens = {};
for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]) {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  keys.push({ ...(await exportJWK(publicKey)), alg, use: "sig", kid: `jose-${alg}` });
  tokens[alg] = await new SignJWT(claims).setProtectedHeader({ alg, kid: `jose-${alg}`, typ: "at+jwt" }).sign(privateKey);
}
const verified = [];
for (const { token, jwks } of verify) {
  const options = { issuer, audience, typ: "at+jwt", requiredClaims: ["exp", "iat", "jti", "sub"] };
  const result = await jwtVerify(token, createLocalJWKSet(jwks), options).catch((error) => error.code);
  verified.push(result.payload ?? result);
}
console.log(JSON.stringify({ jwks: { keys }, tokens, verified }));
