//! How fast output is redacted: `cargo run --release -p bussola-worker --example redaction`.

use std::fmt::Write as _;
use std::time::Instant;

use bussola_identity::Secret;
use bussola_worker::redact::Redaction;

const OUTPUT_BYTES: usize = 64 << 20;
const CHUNK_BYTES: usize = 64 << 10;
const ROUNDS: usize = 8;

/// Lines as programs log them: times, words, numbers, JSON, identifiers.
fn ordinary_output() -> String {
    let mut text = String::with_capacity(OUTPUT_BYTES + 1_024);
    let words = ["loaded", "table", "payments", "rows", "into", "the", "warehouse", "retry", "connection", "password"];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for line in 0.. {
        let (a, b) = (next(), next());
        let second = line % 60;
        let _ = write!(text, "2026-11-25T14:{:02}:{second:02}.{:03}Z INFO etl.load: ", line / 60 % 60, a % 1_000);
        for word in 0..6 {
            let _ = write!(text, "{} ", words[(b >> (word * 8)) as usize % words.len()]);
        }
        let _ =
            writeln!(text, "{{\"run\":\"{a:016x}\",\"rows\":{},\"path\":\"s3://lake/day={}\"}}", b % 1_000_000, b % 31);
        if text.len() >= OUTPUT_BYTES {
            return text;
        }
    }
    text
}

fn measure(what: &str, redaction: &Redaction, text: &[u8]) {
    let mut best = f64::MAX;
    let mut out = Vec::with_capacity(2 * CHUNK_BYTES);
    for _ in 0..ROUNDS {
        let mut redactor = redaction.redactor();
        let began = Instant::now();
        for chunk in text.chunks(CHUNK_BYTES) {
            out.clear();
            redactor.push(chunk, &mut out);
        }
        redactor.finish(&mut out);
        best = best.min(began.elapsed().as_secs_f64());
    }
    println!("{what:44} {:6.0} MB/s", text.len() as f64 / best / 1e6);
}

fn main() {
    let passwords: Vec<Secret> =
        (0..20).map(|n| Secret::new(format!("k{n}-Vq8/{}+tR&z", n * 7_919 + 104_729))).collect();
    let names: Vec<String> = (0..20).map(|n| format!("vault:kv/payments/{n}#password")).collect();
    let all: Vec<(&str, &Secret)> = names.iter().map(String::as_str).zip(&passwords).collect();
    let twenty = Redaction::new();
    let began = Instant::now();
    twenty.declare_all(&all).expect("secrets that can be hidden");
    println!("{:44} {:6.1} ms", "declaring 20 secrets", began.elapsed().as_secs_f64() * 1e3);

    let keys: Vec<Secret> = (0..20)
        .map(|n: usize| {
            let line = |m: usize| format!("{:016x}", (n * 100 + m + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4);
            Secret::new((0..26).map(line).collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let all: Vec<(&str, &Secret)> = names.iter().map(String::as_str).zip(&keys).collect();
    let private_keys = Redaction::new();
    let began = Instant::now();
    private_keys.declare_all(&all).expect("secrets that can be hidden");
    println!("{:44} {:6.1} ms", "declaring 20 private keys", began.elapsed().as_secs_f64() * 1e3);

    let text = ordinary_output();
    measure("ordinary output, no secret declared", &Redaction::new(), text.as_bytes());
    measure("ordinary output, 20 secrets", &twenty, text.as_bytes());
    measure("ordinary output, 20 private keys", &private_keys, text.as_bytes());
    let secret = passwords[3].expose();
    let dense: String = text.lines().take(400_000).map(|line| format!("{line} {secret}\n")).collect();
    measure("a secret in each line, 20 secrets", &twenty, dense.as_bytes());
    let base64 = "QWxsIHlvdXIgYmFzZSBhcmUgYmVsb25nIHRvIHVz".repeat(1 << 20);
    measure("nothing but base64, 20 secrets", &twenty, base64.as_bytes());
    let near = secret[..secret.len() - 1].repeat(1 << 21);
    measure("nothing but beginnings of a secret", &twenty, near.as_bytes());
}
