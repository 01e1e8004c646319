//! `bussola token`, `service`, `principal`, `session`: who may call, and with what.

use bussola_server::http::wire::access::{
    Ended, IssuedToken, NewService, NewToken, PrincipalList, PrincipalView, SessionList, SessionView, TokenList,
    TokenView,
};
use serde_json::json;

use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Screen, plain};

/// `bussola token`
#[derive(Debug, clap::Subcommand)]
pub enum TokenCommand {
    /// Make a token for what cannot sign in; its secret is shown once.
    Create {
        /// What it is for.
        label: String,
        /// The service that will act with it; without it, you.
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// For how many days it is good: 1 to 366.
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// An action that it may be used for; can be given several times. Without it: whatever its holder may do.
        #[arg(long = "action", value_name = "ACTION")]
        actions: Vec<String>,
    },
    /// List your tokens.
    List {
        /// Everybody's.
        #[arg(long)]
        all: bool,
    },
    /// Make a token useless.
    Revoke {
        /// Its number.
        token: u32,
    },
}

/// `bussola service`
#[derive(Debug, clap::Subcommand)]
pub enum ServiceCommand {
    /// Have a service known, which can then have tokens.
    Create {
        /// Its name; the same name is the same service.
        name: String,
        /// The group that answers for it.
        #[arg(long, value_name = "GROUP")]
        owner: String,
    },
}

/// `bussola principal`
#[derive(Debug, clap::Subcommand)]
pub enum PrincipalCommand {
    /// List everybody who is known.
    List,
}

/// `bussola session`
#[derive(Debug, clap::Subcommand)]
pub enum SessionCommand {
    /// List your sessions.
    List {
        /// Everybody's.
        #[arg(long)]
        all: bool,
    },
    /// End a session.
    End {
        /// Its number.
        session: u32,
    },
}

/// `bussola token`
pub fn token(command: TokenCommand, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    match command {
        TokenCommand::Create { label, service, days, actions } => {
            let path = match service {
                None => "/me/tokens".to_owned(),
                Some(name) => {
                    let found = everybody(&mut client)?.into_iter().find(|principal| {
                        principal.kind == "service" && principal.name.as_deref() == Some(name.as_str())
                    });
                    let missing = || {
                        let hint = format!("make it with `bussola service create {name} --owner GROUP`");
                        CliError::new(Code::BadArgument, format!("there is no service `{name}`"), hint)
                    };
                    format!("/access/principals/{}/tokens", found.ok_or_else(missing)?.number)
                }
            };
            let issued: IssuedToken = client.post(&path, &NewToken { label, actions, days: Some(days) })?;
            // The secret alone goes to stdout, so that it can go to where it belongs without being seen.
            output::answer(common.output, &issued, |_| format!("{}\n", issued.secret))?;
            let until = issued.expires.parse().map_or(issued.expires.clone(), output::absolute);
            output::say(&format!("token {}, good until {until}; it is not shown again\n", issued.token));
        }
        TokenCommand::List { all } => {
            let list: TokenList = client.get(if all { "/access/tokens" } else { "/me/tokens" })?;
            output::answer(common.output, &list, |screen| tokens_text(screen, &list.items))?;
        }
        TokenCommand::Revoke { token } => {
            let ended: Ended = client.post(&format!("/access/tokens/{token}/revoke"), &json!({}))?;
            output::answer(common.output, &ended, |_| ended_text("token", token, ended.ended))?;
            return Ok(if ended.ended > 0 { Exit::Ok } else { Exit::No });
        }
    }
    Ok(Exit::Ok)
}

fn ended_text(what: &str, number: u32, ended: usize) -> String {
    match ended {
        0 => format!("there is no {what} {number}\n"),
        _ => format!("{what} {number} is of no use any more\n"),
    }
}

/// `bussola service`
pub fn service(command: ServiceCommand, common: &Common) -> Result<Exit, CliError> {
    let ServiceCommand::Create { name, owner } = command;
    let made: PrincipalView = common.client()?.post("/access/services", &NewService { name, owner })?;
    output::answer(common.output, &made, |_| {
        let name = plain(made.name.as_deref().unwrap_or(&made.principal));
        format!("service {name} is {}; give it a token: bussola token create LABEL --service {name}\n", made.principal)
    })?;
    Ok(Exit::Ok)
}

fn everybody(client: &mut crate::client::Client) -> Result<Vec<PrincipalView>, CliError> {
    let mut items = Vec::new();
    loop {
        let page: PrincipalList = client.get(&format!("/access/principals?limit=1000&offset={}", items.len()))?;
        let last = page.items.is_empty();
        items.extend(page.items);
        if last || items.len() >= page.total {
            return Ok(items);
        }
    }
}

/// `bussola principal`
pub fn principal(command: PrincipalCommand, common: &Common) -> Result<Exit, CliError> {
    let PrincipalCommand::List = command;
    let items = everybody(&mut common.client()?)?;
    let list = PrincipalList { total: items.len(), items };
    output::answer(common.output, &list, |screen| principals_text(screen, &list.items))?;
    Ok(Exit::Ok)
}

fn principals_text(screen: &Screen, items: &[PrincipalView]) -> String {
    if items.is_empty() {
        return "nobody is known yet: people are when they sign in, services with `bussola service create`\n"
            .to_owned();
    }
    let row = |principal: &PrincipalView| {
        vec![
            principal.principal.clone(),
            principal.kind.clone(),
            principal.name.clone().unwrap_or_default(),
            principal.owner.clone().unwrap_or_else(|| principal.groups.join(" ")),
            if principal.active { String::new() } else { "deactivated".to_owned() },
            principal.sessions.to_string(),
            principal.tokens.to_string(),
            screen.ago(&principal.since),
        ]
    };
    let header = ["PRINCIPAL", "KIND", "NAME", "OWNER OR GROUPS", "STATE", "SESSIONS", "TOKENS", "SINCE"];
    screen.table(&header, items.iter().map(row).collect())
}

fn tokens_text(screen: &Screen, items: &[TokenView]) -> String {
    if items.is_empty() {
        return "no tokens: make one with `bussola token create LABEL`\n".to_owned();
    }
    let row = |token: &TokenView| {
        vec![
            token.token.to_string(),
            token.label.clone(),
            token.name.clone().unwrap_or_else(|| token.principal.clone()),
            if token.actions.is_empty() { "all".to_owned() } else { token.actions.join(" ") },
            screen.ago(&token.issued),
            screen.ago(&token.expires),
            if token.current { "this one".to_owned() } else { String::new() },
        ]
    };
    screen.table(&["TOKEN", "LABEL", "ACTS FOR", "ACTIONS", "MADE", "EXPIRES", ""], items.iter().map(row).collect())
}

/// `bussola session`
pub fn session(command: SessionCommand, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    match command {
        SessionCommand::List { all } => {
            let list: SessionList = client.get(if all { "/access/sessions" } else { "/me/sessions" })?;
            output::answer(common.output, &list, |screen| sessions_text(screen, &list.items))?;
            Ok(Exit::Ok)
        }
        SessionCommand::End { session } => {
            let ended: Ended = client.post(&format!("/access/sessions/{session}/end"), &json!({}))?;
            output::answer(common.output, &ended, |_| ended_text("session", session, ended.ended))?;
            Ok(if ended.ended > 0 { Exit::Ok } else { Exit::No })
        }
    }
}

fn sessions_text(screen: &Screen, items: &[SessionView]) -> String {
    if items.is_empty() {
        return "no sessions: `bussola login` begins one\n".to_owned();
    }
    let row = |session: &SessionView| {
        vec![
            session.session.to_string(),
            session.name.clone().unwrap_or_else(|| session.principal.clone()),
            session.uses.clone(),
            screen.ago(&session.started),
            screen.ago(&session.expires),
            session.amr.join(" "),
            if session.current { "this one".to_owned() } else { String::new() },
        ]
    };
    screen.table(&["SESSION", "WHO", "FOR", "BEGAN", "EXPIRES", "PROVEN BY", ""], items.iter().map(row).collect())
}
