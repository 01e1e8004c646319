//! How many tokens a core mints and verifies: `cargo run --release -p bussola-identity --example token_speed`.

use std::time::Instant;

use bussola_identity::signer::{ALGORITHMS, Signer, TokenRequest};
use serde_json::{Map, json};

const NOW: i64 = 1_800_000_000;
const TOKENS: u32 = 20_000;

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = Signer::open(directory.path(), "https://bussola.example.com", 30 * 86_400, NOW).expect("a signer");
    let mut claims = Map::new();
    for (name, value) in [
        ("run_id", json!(77)),
        ("component", json!("component:default/payments-api")),
        ("owner", json!("group:default/payments")),
        ("trigger", json!("schedule")),
        ("commit", json!("5f0c6c3f5d1e4f6a8b9c0d1e2f3a4b5c6d7e8f90")),
        ("act", json!({"sub": "user:1", "act": {"sub": "agent:2"}})),
    ] {
        claims.insert(name.into(), value);
    }
    let request = TokenRequest { subject: "run:77", audience: "openbao", lifetime_s: 300, claims };
    for algorithm in ALGORITHMS {
        let began = Instant::now();
        let tokens: Vec<_> =
            (0..TOKENS).map(|_| signer.mint(&request, algorithm, NOW).expect("a token").token).collect();
        let minted = began.elapsed();
        let began = Instant::now();
        for token in &tokens {
            signer.verify(token.expose(), "openbao", NOW).expect("our own token");
        }
        let verified = began.elapsed();
        let rate = |elapsed: std::time::Duration| f64::from(TOKENS) / elapsed.as_secs_f64();
        println!("{:5}  {:7.0} minted/s  {:7.0} verified/s", algorithm.name(), rate(minted), rate(verified));
    }
}
