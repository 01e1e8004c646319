"""Roles, parameters and secrets for the tests, made by AWS's own client library. Argument: the endpoint."""

import json
import sys

import botocore.session

ISSUER = "bussola.example.com"
ACCOUNT = "000000000000"

session = botocore.session.get_session()


def client(service):
    return session.create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=sys.argv[1],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


iam, ssm, secrets = client("iam"), client("ssm"), client("secretsmanager")

iam.create_open_id_connect_provider(
    Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
)
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "run:payments"}
            },
        }
    ],
}
iam.create_role(RoleName="payments-run", AssumeRolePolicyDocument=json.dumps(trust))
arn = f"arn:aws:{{}}:eu-central-1:{ACCOUNT}:{{}}"
allowed = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": arn.format("ssm", "parameter/prod/payments/*"),
        },
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": arn.format("secretsmanager", "secret:prod/payments*"),
        },
    ],
}
iam.put_role_policy(RoleName="payments-run", PolicyName="read", PolicyDocument=json.dumps(allowed))

for value in ["first-version", "second-version"]:
    ssm.put_parameter(Name="/prod/payments/db", Value=value, Type="SecureString", Overwrite=True)
ssm.put_parameter(Name="/prod/billing/db", Value="of-billing", Type="SecureString")
secrets.create_secret(
    Name="prod/payments", SecretString=json.dumps({"password": 'qu"ote/d', "port": 5432, "none": None})
)
secrets.create_secret(Name="prod/payments-binary", SecretBinary=b"\x00\x01")
