//! Runs that read secrets from OpenBao by their own tokens, and PostgreSQL credentials that live as long as a run.

mod places;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bussola_identity::signer::Signer;
use bussola_worker::process::End;
use bussola_worker::secrets::{Providers, VaultSettings};
use places::real::{Bao, Postgres, publish};
use places::server::{ISSUER, TestServer, check_silent, file, now, providers, run, signer, told, variable};
use serde_json::{Value, json};
use url::Url;

const AUDIENCE: &str = "openbao";

fn at(address: &Url) -> Providers {
    let settings = VaultSettings {
        address: address.clone(),
        namespace: None,
        auth_mount: "jwt".to_string(),
        role: "run".to_string(),
        audience: AUDIENCE.to_string(),
    };
    Providers { vault: Some(settings), ..providers() }
}

/// Sessions that live for so long by themselves.
fn login_role(ttl: &str) -> Value {
    json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": [AUDIENCE],
        "claim_mappings": {"component_namespace": "component_namespace", "component_name": "component_name"}, "token_policies": ["run"],
        "token_ttl": ttl, "token_max_ttl": "1h",
    })
}

/// As docs/secrets.md says it is set up: each component reads what is under its name.
async fn prepare(bao: &Bao, signer: &Arc<Signer>) {
    let jwks = publish(Arc::clone(signer));
    bao.set("sys/auth/jwt", json!({"type": "jwt"})).await;
    let config = json!({"jwks_url": jwks.as_str(), "bound_issuer": ISSUER, "jwt_supported_algs": ["ES256", "EdDSA"]});
    bao.set("auth/jwt/config", config).await;
    let (_, mounts) = bao.ask("GET", "sys/auth", Value::Null).await;
    let accessor = mounts["data"]["jwt/"]["accessor"].as_str().expect("an accessor").to_string();
    let claim = |name: &str| format!("{{{{identity.entity.aliases.{accessor}.metadata.{name}}}}}");
    let (namespace, component) = (claim("component_namespace"), claim("component_name"));
    let policy = format!(
        "path \"kv/data/{namespace}/{component}/*\" {{ capabilities = [\"read\"] }}\n\
         path \"database/creds/{component}\" {{ capabilities = [\"read\"] }}\n\
         path \"transit/keys/{component}\" {{ capabilities = [\"read\"] }}"
    );
    bao.set("sys/policies/acl/run", json!({"policy": policy})).await;
    bao.set("auth/jwt/role/run", login_role("4s")).await;
    bao.set("sys/mounts/kv", json!({"type": "kv", "options": {"version": "2"}})).await;
    bao.set("sys/mounts/old", json!({"type": "kv", "options": {"version": "1"}})).await;
    bao.set("sys/mounts/transit", json!({"type": "transit"})).await;
    for password in ["first-password", "hunter2-\"quoted\""] {
        bao.set("kv/data/default/payments/db", json!({"data": {"password": password, "port": 5432, "empty": ""}}))
            .await;
    }
    bao.set("kv/data/default/billing/db", json!({"data": {"password": "of-billing"}})).await;
}

#[tokio::test]
async fn a_run_reads_its_own_secrets_and_no_others() {
    let Some(bao) = Bao::start().await else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let signer = Arc::new(signer(&directory));
    prepare(&bao, &signer).await;
    let providers = at(&bao.address);
    let parent = directory.path().join("private");

    let secrets = vec![
        variable("vault:kv/default/payments/db#password", "PASSWORD"),
        file("vault:kv/default/payments/db#port", "PORT_FILE"),
        file("vault:kv/default/payments/db#password", "PASSWORD_FILE"),
    ];
    let server = TestServer::new(&signer, secrets);
    let script = "printf '%s\\n' \"$PASSWORD\" \"$(cat \"$PORT_FILE\")\" \"$(cat \"$BUSSOLA_TOKEN_FILE\")\"; \
                  test \"$(cat \"$PASSWORD_FILE\")\" = 'hunter2-\"quoted\"'";
    let (end, output, troubles) = run(&server, &providers, &parent, script).await;
    assert_eq!((end.expect("it runs"), troubles), (End::Exited(0), Vec::<String>::new()));
    let (password, port) =
        ("[redacted vault:kv/default/payments/db#password]", "[redacted vault:kv/default/payments/db#port]");
    assert_eq!(output, format!("{password}\n{port}\n[redacted run token]\n"));
    let reads = server.reads.lock().expect("no panic").clone();
    let reported: Vec<_> =
        reads.iter().map(|read| (read.reference.to_string(), read.version.as_deref(), read.lease.is_some())).collect();
    let expected = ["vault:kv/default/payments/db#password", "vault:kv/default/payments/db#port"];
    assert_eq!(reported, expected.map(|reference| (reference.to_string(), Some("2"), false)));
    assert_eq!(bao.sessions().await, 1, "a session that nothing depends on is revoked");

    for (reference, expected) in [
        (
            "vault:kv/default/billing/db#password",
            "cannot read `vault:kv/default/billing/db`: vault refuses with status 403: 1 error occurred: * permission denied",
        ),
        (
            "vault:nowhere/payments/db#password",
            "cannot read `vault:nowhere/payments/db`: vault refuses with status 403: preflight capability check returned 403, \
             please ensure client's policies grant access to path \"nowhere/payments/db/\"",
        ),
        (
            "vault:kv/default/payments/none#password",
            "cannot read `vault:kv/default/payments/none`: it is not there, or deleted",
        ),
        ("vault:kv/default/payments/db#pass", "cannot use `vault:kv/default/payments/db#pass`: it has no such field"),
        ("vault:kv/default/payments/db#empty", "cannot use `vault:kv/default/payments/db#empty`: it is empty"),
        (
            "vault:transit/keys/payments#keys",
            "cannot use `vault:transit/keys/payments`: `transit` is an engine of type `transit`; only `kv` and `database` are read",
        ),
    ] {
        let secrets = vec![variable("vault:kv/default/payments/db#password", "PASSWORD"), variable(reference, "OTHER")];
        let server = TestServer::new(&signer, secrets);
        let (end, output, _) = run(&server, &providers, &parent, "echo started").await;
        assert_eq!((told(&end.expect_err("it does not start")).as_str(), output.as_str()), (expected, ""));
        assert_eq!(*server.ends.lock().expect("no panic"), [None]);
        assert_eq!(*server.reads.lock().expect("no panic"), []);
        assert_eq!(bao.sessions().await, 1, "{reference}: the session is revoked");
    }
    let left: Vec<_> =
        std::fs::read_dir(&parent).expect("a directory").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["lock"], "private directories are gone");
}

#[tokio::test]
async fn openbao_trusts_the_keys_that_we_publish_and_no_other_tokens() {
    let Some(bao) = Bao::start().await else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let signer = Arc::new(signer(&directory));
    prepare(&bao, &signer).await;
    let (providers, parent) = (at(&bao.address), directory.path().join("private"));
    let secrets = || vec![variable("vault:kv/default/payments/db#password", "PASSWORD")];
    let check = async |server: TestServer<'_>, expected: Result<(), &str>| {
        let (end, _, _) = run(&server, &providers, &parent, "true").await;
        match (end, expected) {
            (Ok(end), Ok(())) => assert_eq!(end, End::Exited(0)),
            (Err(error), Err(expected)) => {
                let error = told(&error);
                assert!(error.starts_with("cannot log in to vault as `run`: vault refuses"), "{error}");
                assert!(error.contains(expected), "{error}");
                check_silent(&error, &[&server.mint(AUDIENCE).token]);
            }
            (end, expected) => panic!("{end:?}, not {expected:?}"),
        }
    };
    let server = || TestServer::new(&signer, secrets());

    check(server(), Ok(())).await;
    check(TestServer { audience: Some("another"), ..server() }, Err("audience")).await;
    check(TestServer { clock_skew_s: -3_600, ..server() }, Err("expired")).await;

    // A new key signs at once, and what the one before signed is still good.
    let before = signer.jwks(now())["keys"].as_array().expect("keys").len();
    signer.rotate_at_once(now()).expect("a rotation");
    assert!(signer.jwks(now())["keys"].as_array().expect("keys").len() > before);
    check(server(), Ok(())).await;

    // Keys that we never published.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let forger = places::server::signer(&elsewhere);
    check(TestServer::new(&forger, secrets()), Err("")).await;
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_before_anything_starts() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let server = TestServer::new(&signer, vec![variable("vault:kv/default/payments/db#password", "PASSWORD")]);
    let (end, output, _) = run(&server, &at(&Url::parse(&address).expect("a URL")), &parent, "echo started").await;
    let error = told(&end.expect_err("it does not start"));
    let host = address.trim_start_matches("http://");
    assert!(error.starts_with(&format!("cannot log in to vault as `run`: cannot connect to `{host}`")), "{error}");
    assert_eq!(output, "");

    let (end, _, _) = run(&server, &providers(), &parent, "echo started").await;
    let error = told(&end.expect_err("it does not start"));
    assert_eq!(error, "cannot read `vault:kv/default/payments/db#password`: vault is not configured");
}

#[tokio::test]
async fn database_credentials_live_as_long_as_the_run() {
    let Some(bao) = Bao::start().await else { return };
    let Some(postgres) = Postgres::start().await else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let signer = Arc::new(signer(&directory));
    prepare(&bao, &signer).await;
    bao.set("sys/mounts/database", json!({"type": "database"})).await;
    let url = format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", postgres.port);
    let config =
        json!({"plugin_name": "postgresql-database-plugin", "connection_url": url, "allowed_roles": ["payments"]});
    bao.set("database/config/main", config).await;
    let statement = "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'";
    let role =
        |ttl: &str| json!({"db_name": "main", "creation_statements": [statement], "default_ttl": ttl, "max_ttl": "1h"});
    bao.set("database/roles/payments", role("4s")).await;

    let secrets = vec![
        variable("vault:database/creds/payments#username", "PGUSER"),
        variable("vault:database/creds/payments#password", "PGPASSWORD"),
    ];
    let server = TestServer::new(&signer, secrets);
    let psql = format!("{} -h 127.0.0.1 -p {} -d postgres -Atc", postgres.psql().display(), postgres.port);
    // Longer than both the session and the lease live by themselves.
    let script = format!("{psql} 'select current_user' && sleep 9 && {psql} 'select 1'");
    let parent = directory.path().join("private");
    let roles = || postgres.ask("select count(*) from pg_roles where rolname like 'v-%'");
    let watch = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        roles()
    };
    let providers = at(&bao.address);
    let ((end, output, troubles), meanwhile) = tokio::join!(run(&server, &providers, &parent, &script), watch);
    assert_eq!((end.expect("it runs"), troubles), (End::Exited(0), Vec::<String>::new()), "{output}");
    assert_eq!(output, "[redacted vault:database/creds/payments#username]\n1\n");
    assert_eq!(meanwhile, "1", "both references are of one pair of credentials");
    assert_eq!(bao.sessions().await, 1);
    let reads = server.reads.lock().expect("no panic").clone();
    assert_eq!(reads.len(), 2);
    assert!(reads.iter().all(|read| read.lease.as_ref().is_some_and(|lease| lease.len() == 64)));
    assert_eq!(reads[0].lease, reads[1].lease);

    // Credentials that would live for an hour are gone as soon as OpenBao has heard of the run's end.
    bao.set("database/roles/payments", role("1h")).await;
    bao.set("auth/jwt/role/run", login_role("1h")).await;
    let (end, output, _) = run(&server, &providers, &parent, &format!("{psql} 'select 2'")).await;
    assert_eq!((end.expect("it runs"), output.as_str()), (End::Exited(0), "2\n"));
    let until = Instant::now() + Duration::from_secs(20);
    while roles() != "0" {
        assert!(Instant::now() < until, "credentials outlive their run");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bao.sessions().await, 1);
}
