use super::*;
use crate::limits::LEEWAY_S;
use std::os::unix::fs::PermissionsExt as _;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://bussola.example.com";
const PERIOD_S: i64 = 30 * 86_400;

fn open(directory: &Path, now: i64) -> Signer {
    Signer::open(directory, ISSUER, PERIOD_S, now).expect("a signer")
}

fn request() -> TokenRequest<'static> {
    let mut claims = Map::new();
    claims.insert("run_id".into(), 77.into());
    claims.insert("act".into(), json!({"sub": "user:1", "act": {"sub": "agent:2"}}));
    TokenRequest { subject: "run:77", audience: "openbao", lifetime_s: 300, claims }
}

fn mint(signer: &Signer, algorithm: Algorithm, now: i64) -> String {
    signer.mint(&request(), algorithm, now).expect("a token").token.expose().to_string()
}

fn ids(signer: &Signer, now: i64) -> Vec<String> {
    signer.key_set(now).keys().iter().filter_map(|key| key.id().map(str::to_string)).collect()
}

#[test]
fn what_is_minted_is_verified_and_says_what_every_token_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = open(directory.path(), NOW);
    for algorithm in ALGORITHMS {
        let token = mint(&signer, algorithm, NOW);
        let claims = signer.verify(&token, "openbao", NOW + 300).expect("our own token");
        assert_eq!((claims.issuer(), claims.subject()), (ISSUER, Some("run:77")));
        assert_eq!((claims.issued_at(), claims.expires_at()), (Some(NOW), Some(NOW + 300)));
        assert_eq!(claims.token_id().map(str::len), Some(22));
        assert_eq!(claims.raw("act"), request().claims.get("act"));
        assert_eq!(signer.verify(&token, "aws", NOW), Err(Refusal::Audience));
        assert_eq!(signer.verify(&token, "openbao", NOW + 360), Err(Refusal::Expired));
    }
    assert_ne!(mint(&signer, Algorithm::EdDsa, NOW), mint(&signer, Algorithm::EdDsa, NOW), "each has its own `jti`");
    assert!(!format!("{:?}", signer.mint(&request(), Algorithm::EdDsa, NOW)).contains("eyJ"));
}

#[test]
fn what_is_not_minted() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = open(directory.path(), NOW);
    let check = |name: &str, request: TokenRequest<'_>, algorithm: Algorithm| {
        signer.mint(&request, algorithm, NOW).expect_err(name).to_string()
    };
    for lifetime_s in [0, -1, TOKEN_LIFETIME_S_MAX + 1, i64::MAX] {
        let message = check("lifetime", TokenRequest { lifetime_s, ..request() }, Algorithm::EdDsa);
        assert!(message.contains("lifetime"), "{message}");
    }
    assert!(check("sub", TokenRequest { subject: "", ..request() }, Algorithm::EdDsa).contains("`sub` is empty"));
    assert!(check("aud", TokenRequest { audience: "", ..request() }, Algorithm::EdDsa).contains("`aud` is empty"));
    for name in RESERVED {
        let claims = Map::from_iter([(name.to_string(), json!("other"))]);
        let message = check(name, TokenRequest { claims, ..request() }, Algorithm::EdDsa);
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
    let claims = Map::from_iter([("x".to_string(), json!("x".repeat(TOKEN_BYTES_MAX)))]);
    assert!(check("size", TokenRequest { claims, ..request() }, Algorithm::EdDsa).contains("longer"));
    let deep = (0..=JSON_DEPTH_MAX).fold(json!(1), |deep, _| json!([deep]));
    let claims = Map::from_iter([("x".to_string(), deep)]);
    assert!(check("depth", TokenRequest { claims, ..request() }, Algorithm::EdDsa).contains("deeper"));
    assert!(check("algorithm", request(), Algorithm::Rs256).contains("RS256"));
}

#[test]
fn keys_survive_a_restart_and_are_nobody_elses() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = directory.path().join("keys");
    let signer = open(&keys, NOW);
    let (token, before) = (mint(&signer, Algorithm::EdDsa, NOW), ids(&signer, NOW));
    let again = open(&keys, NOW + 10);
    assert_eq!(before.len(), 2);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(ids(&again, NOW)), sorted(before));
    assert!(again.verify(&token, "openbao", NOW + 10).is_ok());
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&keys), 0o700);
    let file = std::fs::read_dir(&keys).expect("a directory").next().expect("a file").expect("a file").path();
    assert_eq!(mode(&file), 0o600);

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    let refused = Signer::open(&keys, ISSUER, PERIOD_S, NOW).expect_err("a key that the group may read");
    assert!(matches!(&refused, SignerError::Exposed(path) if *path == file), "{refused}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    std::fs::write(&file, "{}").expect("a file");
    let refused = Signer::open(&keys, ISSUER, PERIOD_S, NOW).expect_err("no key");
    assert!(matches!(&refused, SignerError::Unreadable(path) if *path == file), "{refused}");
}

#[test]
fn rotation_on_schedule_overlaps_on_both_sides() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = open(directory.path(), NOW);
    let first = ids(&signer, NOW);
    let turn = NOW + PERIOD_S;
    assert!(!signer.rotate_if_due(turn - PUBLISHED_BEFORE_S - 1).expect("rotation"), "not due yet");
    assert!(signer.rotate_if_due(turn - PUBLISHED_BEFORE_S).expect("rotation"), "the next keys are published");
    assert!(!signer.rotate_if_due(turn - PUBLISHED_BEFORE_S + 60).expect("rotation"), "once");
    assert_eq!(ids(&signer, turn - 1).len(), 4, "both are published");

    // Up to the turn the first keys sign, from it on the second ones.
    let signed_by = |now| {
        let token = mint(&signer, Algorithm::EdDsa, now);
        let parsed = crate::jwt::UnverifiedToken::parse(&token).expect("a token");
        first.contains(&parsed.key_id().expect("a key").to_string())
    };
    assert!(signed_by(turn - 1) && !signed_by(turn));
    let last = mint(&signer, Algorithm::EdDsa, turn - 1);
    let dead = turn - 1 + TOKEN_LIFETIME_S_MAX + LEEWAY_S;
    assert!(signer.verify(&last, "openbao", dead - 1).is_ok(), "a token under the old key lives its life");
    assert_eq!(ids(&signer, turn + KEY_KEPT_S - 1).len(), 4);
    assert_eq!(ids(&signer, turn + KEY_KEPT_S).len(), 2, "then the old key is no longer published");
    assert!(signer.rotate_if_due(turn + KEY_KEPT_S).expect("rotation"), "and its file is removed");
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 2);
    assert_eq!(ids(&open(directory.path(), turn + KEY_KEPT_S), turn + KEY_KEPT_S).len(), 2);
}

#[test]
fn a_server_that_was_off_for_long_goes_on_and_publishes_before_it_signs() {
    let directory = tempfile::tempdir().expect("a directory");
    drop(open(directory.path(), NOW));
    let later = NOW + 3 * PERIOD_S;
    let signer = open(directory.path(), later);
    let old = mint(&signer, Algorithm::EdDsa, later);
    assert!(signer.rotate_if_due(later).expect("rotation"));
    assert_eq!(ids(&signer, later).len(), 4);
    let same_key = |a: &str, b: &str| a.split('.').next() == b.split('.').next();
    assert!(same_key(&mint(&signer, Algorithm::EdDsa, later + PUBLISHED_BEFORE_S - 1), &old));
    assert!(!same_key(&mint(&signer, Algorithm::EdDsa, later + PUBLISHED_BEFORE_S), &old));
}

#[test]
fn rotation_at_once_keeps_tokens_alive_and_discarding_kills_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = open(directory.path(), NOW);
    let old = mint(&signer, Algorithm::EdDsa, NOW);
    signer.rotate_at_once(NOW + 1).expect("rotation");
    let new = mint(&signer, Algorithm::EdDsa, NOW + 1);
    assert_ne!(old.split('.').next(), new.split('.').next(), "another key signs");
    assert!(signer.verify(&old, "openbao", NOW + 1).is_ok());

    let leaked = crate::jwt::UnverifiedToken::parse(&new).expect("a token").key_id().expect("a key").to_string();
    signer.discard(&leaked, NOW + 2).expect("it was there");
    assert_eq!(signer.verify(&new, "openbao", NOW + 2), Err(Refusal::UnknownKey));
    let newest = mint(&signer, Algorithm::EdDsa, NOW + 2);
    assert!(newest.split('.').next() != old.split('.').next(), "the key before it does not sign again");
    assert!(signer.verify(&newest, "openbao", NOW + 2).is_ok() && signer.verify(&old, "openbao", NOW + 2).is_ok());
    assert!(!ids(&open(directory.path(), NOW + 3), NOW + 3).contains(&leaked), "also after a restart");
    assert!(matches!(signer.discard(&leaked, NOW + 3), Err(SignerError::NoSuchKey(id)) if id == leaked));
}

#[test]
fn an_algorithm_without_a_key_is_told_and_periods_have_a_minimum() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = open(directory.path(), NOW);
    let early = signer.mint(&request(), Algorithm::EdDsa, NOW - 1);
    assert!(matches!(early, Err(SignerError::NoKeyYet(Algorithm::EdDsa))));
    assert!(matches!(Signer::open(directory.path(), ISSUER, 60, NOW), Err(SignerError::Period(60))));
}

#[test]
fn the_discovery_document() {
    let document = Discovery {
        issuer: ISSUER,
        jwks_uri: "https://bussola.example.com/.well-known/jwks.json",
        token_endpoint: Some("https://bussola.example.com/oauth/token"),
        grant_types: &["urn:ietf:params:oauth:grant-type:token-exchange"],
        more: BTreeMap::from([("claims_supported".to_string(), json!(["sub", "run_id"]))]),
    }
    .document();
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["EdDSA", "ES256"]));
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["claims_supported"], json!(["sub", "run_id"]));
}
