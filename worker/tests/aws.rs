//! Runs that read secrets from an AWS that checks signatures, trust policies and policies.

mod places;

use bussola_worker::process::End;
use bussola_worker::secrets::{AwsSettings, Providers};
use places::real::Aws;
use places::server::{TestServer, check_silent, providers, run, signer, told, variable};

fn at(aws: &Aws, role: &str) -> Providers {
    let settings = AwsSettings {
        region: "eu-central-1".to_string(),
        role: format!("arn:aws:iam::000000000000:role/{role}"),
        audience: "sts.amazonaws.com".to_string(),
        endpoint: Some(aws.endpoint.clone()),
    };
    Providers { aws: Some(settings), ..providers() }
}

#[tokio::test]
async fn a_run_reads_what_its_role_may_read() {
    let Some(aws) = Aws::start().await else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");

    let secrets = vec![
        variable("ssm:/prod/payments/db", "NEWEST"),
        variable("ssm:/prod/payments/db#1", "FIRST"),
        variable("secretsmanager:prod/payments", "WHOLE"),
        variable("secretsmanager:prod/payments#password", "PASSWORD"),
        variable("secretsmanager:prod/payments#port", "PORT"),
    ];
    let server = TestServer::new(&signer, secrets);
    let script =
        "test \"$NEWEST/$FIRST/$PASSWORD/$PORT\" = 'second-version/first-version/qu\"ote/d/5432' && echo \"$FIRST\"";
    let (end, output, troubles) = run(&server, &at(&aws, "payments-run"), &parent, script).await;
    assert_eq!((end.expect("it runs"), troubles), (End::Exited(0), Vec::<String>::new()));
    assert_eq!(output, "[redacted ssm:/prod/payments/db#1]\n");
    let reads = server.reads.lock().expect("no panic").clone();
    let versions: Vec<_> = reads.iter().filter_map(|read| read.version.as_deref()).collect();
    assert_eq!(versions[..2], ["2", "1"]);
    assert_eq!(versions.len(), 5);

    let refused = "aws refuses with status";
    for (reference, expected) in [
        ("ssm:/prod/billing/db", format!("cannot read `ssm:/prod/billing/db`: {refused} 400")),
        ("ssm:/prod/payments/none", "cannot read `ssm:/prod/payments/none`: it is not there, or deleted".to_string()),
        ("ssm:/prod/payments/db#9", "cannot read `ssm:/prod/payments/db`: it is not there, or deleted".to_string()),
        ("secretsmanager:prod/billing", format!("cannot read `secretsmanager:prod/billing`: {refused}")),
        (
            "secretsmanager:prod/payments#user",
            "cannot use `secretsmanager:prod/payments#user`: it has no such member".to_string(),
        ),
        (
            "secretsmanager:prod/payments#none",
            "cannot use `secretsmanager:prod/payments#none`: it has no such member".to_string(),
        ),
        (
            "secretsmanager:prod/payments-binary",
            "cannot use `secretsmanager:prod/payments-binary`: it is binary, not a text".to_string(),
        ),
    ] {
        let server = TestServer::new(&signer, vec![variable(reference, "S")]);
        let (end, output, _) = run(&server, &at(&aws, "payments-run"), &parent, "echo started").await;
        let error = told(&end.expect_err(reference));
        assert!(error.starts_with(&expected), "{error}");
        assert_eq!(output, "");
    }
}

#[tokio::test]
async fn the_trust_policy_decides_who_gets_the_role() {
    let Some(aws) = Aws::start().await else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let secrets = || vec![variable("ssm:/prod/payments/db", "S")];
    for (server, role) in [
        (TestServer { component: "billing", ..TestServer::new(&signer, secrets()) }, "payments-run"),
        (TestServer { audience: Some("openbao"), ..TestServer::new(&signer, secrets()) }, "payments-run"),
        (TestServer::new(&signer, secrets()), "no-such-role"),
    ] {
        let (end, output, _) = run(&server, &at(&aws, role), &parent, "echo started").await;
        let error = told(&end.expect_err("it does not start"));
        let expected =
            format!("cannot assume the role `arn:aws:iam::000000000000:role/{role}`: aws refuses with status");
        assert!(error.starts_with(&expected), "{error}");
        check_silent(&error, &[&server.mint("sts.amazonaws.com").token]);
        assert_eq!(output, "");
    }
}
