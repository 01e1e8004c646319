//! An issuer's documents on the loopback: discovery and keys.

use bussola_identity::key::KeySet;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves an issuer's documents until the test ends; returns the issuer.
pub async fn publish(keys: &KeySet) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("http://{}/id", listener.local_addr().expect("an address"));
    let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string();
    let jwks = keys.to_jwks().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.expect("a request");
            let wanted = String::from_utf8_lossy(&buffer[..read]).split(' ').nth(1).map(str::to_string);
            let body = match wanted.as_deref() {
                Some("/id/.well-known/openid-configuration") => &document,
                Some("/id/keys") => &jwks,
                other => panic!("asked for {other:?}"),
            };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.expect("an answer");
        }
    });
    issuer
}
