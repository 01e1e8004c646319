//! Pages for a browser, small and honest: the web app is another thing (`web`). Those that luigid has only with a task history
//! are always there, and show what the history holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bussola_domain::id::Timestamp;
use bussola_domain::scheduler::Status;
use bussola_domain::value::Value;
use bussola_store::{AttemptFilter, AttemptRow};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method as Verb, StatusCode, Uri};

use crate::app::App;
use crate::limits::HISTORY_ROWS_MAX;
use crate::luigi::form;
use crate::metrics;
use crate::reply::{self, HTML, Wishes, escape};
use crate::web;

/// Where luigid's visualiser is.
const START_PAGE: &str = "visualiser/index.html";

/// A browser gets the web app. Others are led to the start page, by a relative path so that a proxy's prefix is kept, as
/// luigid does. HEAD is a health check.
pub async fn root(request: Request) -> Response {
    if request.method() == Verb::HEAD {
        return reply::empty(StatusCode::NO_CONTENT);
    }
    if request.method() != Verb::GET {
        return reply::error(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    if let Some(app) = web::page(request.method(), request.headers()) {
        return app;
    }
    let mut found = reply::empty(StatusCode::FOUND);
    found.headers_mut().insert(LOCATION, HeaderValue::from_static("static/visualiser/index.html"));
    found
}

/// The start page, for those who have no web app; browsers that come by an old bookmark are led to it. There are no other
/// files.
pub async fn file(State(app): State<Arc<App>>, Path(file): Path<String>, verb: Verb, headers: HeaderMap) -> Response {
    if file != START_PAGE {
        return reply::error(StatusCode::NOT_FOUND, "");
    }
    if let Some(led) = web::lead(&verb, &headers, "../../") {
        return led;
    }
    let rows: String = app.store.read(|model| {
        let row = |status: &Status| format!("<tr><td>{}<td>{}", status.as_str(), model.scheduler.count(*status));
        Status::ALL.iter().map(row).collect()
    });
    let about = match web::is_built() {
        true => "Its web app is for browsers.",
        false => {
            "Its web app is not part of this binary. <code>make ui</code> in the sources builds it: a debug build of the \
             server shows it as soon as this page is loaded again; <code>make release</code> makes a binary that holds it."
        }
    };
    let content = format!(
        "<p>This is a <b>bussola</b> server: a drop-in luigid with a memory. Workers reach it as they reach luigid.\n\
         <p>{about}\n\
         <table><tr><th>status<th>tasks{rows}</table>\n\
         <ul>\
         <li><a href=\"../../history\">What ran lately</a>, and <a href=\"../../tasklist\">which families there are</a>\
         <li><a href=\"../../metrics\">Metrics</a>, for Prometheus\
         <li><a href=\"../../api/v1/openapi.json\">The REST API</a>, as an OpenAPI document\
         <li>On the command line: <code>bussola status</code>, <code>bussola runs</code>, <code>bussola explain TASK</code>\
         </ul>"
    );
    send_page("bussola", &content, &verb, &headers).await
}

/// Prometheus' format.
pub async fn metrics(State(app): State<Arc<App>>, verb: Verb, headers: HeaderMap) -> Response {
    let body = metrics::render(&app);
    let mut sent = reply::send(metrics::TEXT, body.into(), Wishes::of(&verb, &headers)).await;
    sent.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    sent
}

async fn send_page(title: &str, content: &str, verb: &Verb, headers: &HeaderMap) -> Response {
    let mut sent = reply::send(HTML, page(title, content).into(), Wishes::of(verb, headers)).await;
    guard(sent.headers_mut());
    sent
}

/// A page for a person who cannot go on, with what to do.
pub(crate) fn plain_page(status: StatusCode, title: &str, what: &str, hint: &str) -> Response {
    let hint = if hint.is_empty() { String::new() } else { format!("<p>What to do: {}.", escape(hint)) };
    let content = format!("<p>{}.\n{hint}\n<p><a href=\"/\">Back to the start</a>", escape(what));
    let mut sent = Response::new(Body::from(page(title, &content)));
    *sent.status_mut() = status;
    sent.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    sent.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guard(sent.headers_mut());
    sent
}

fn page(title: &str, content: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <style>:root{{color-scheme:light dark}}\
         body{{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}}\
         table{{border-collapse:collapse}}td,th{{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #8884;\
         vertical-align:top}}</style>\n\
         <h1>{title}</h1>\n{content}\n"
    )
}

fn guard(headers: &mut HeaderMap) {
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// Families that have been run, each with a link to its attempts. A browser with the app is led to the pipelines.
pub async fn tasklist(State(app): State<Arc<App>>, verb: Verb, headers: HeaderMap) -> Response {
    if let Some(led) = web::lead(&verb, &headers, "pipelines") {
        return led;
    }
    let filter = AttemptFilter { limit: HISTORY_ROWS_MAX, ..AttemptFilter::default() };
    let rows = match attempts(&app, filter).await {
        Ok(rows) => rows,
        Err(refused) => return refused,
    };
    let families: BTreeSet<&str> = rows.iter().map(|row| &*row.family).collect();
    let item = |family: &&str| format!("<li><a href=\"tasklist/{}\">{}</a>", in_path(family), escape(family));
    let items: String = families.iter().map(item).collect();
    let content = match items.is_empty() {
        true => "<p>Nothing has run yet.".to_string(),
        false => format!("<p>Families of the latest {} attempts:<ul>{items}</ul>", rows.len()),
    };
    send_page("Task families", &content, &verb, &headers).await
}

/// One family's attempts.
pub async fn tasklist_of(
    State(app): State<Arc<App>>,
    Path(family): Path<String>,
    verb: Verb,
    headers: HeaderMap,
) -> Response {
    let filter = AttemptFilter { family: Some(family.clone()), ..AttemptFilter::default() };
    attempts_page(&app, filter, &format!("Attempts of {family}"), "../", None, &verb, &headers).await
}

/// The latest attempts of all. A browser with the app is led to the runs.
pub async fn history(State(app): State<Arc<App>>, verb: Verb, headers: HeaderMap) -> Response {
    if let Some(led) = web::lead(&verb, &headers, "runs") {
        return led;
    }
    attempts_page(&app, AttemptFilter::default(), "Latest attempts", "", None, &verb, &headers).await
}

/// One family's attempts.
pub async fn history_by_name(
    State(app): State<Arc<App>>,
    Path(family): Path<String>,
    verb: Verb,
    headers: HeaderMap,
) -> Response {
    let filter = AttemptFilter { family: Some(family.clone()), ..AttemptFilter::default() };
    attempts_page(&app, filter, &format!("Attempts of {family}"), "../../", None, &verb, &headers).await
}

/// luigid numbers task records; here it is an attempt's number.
pub async fn history_by_id(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    verb: Verb,
    headers: HeaderMap,
) -> Response {
    let only = id.parse().ok();
    if only.is_none() {
        return reply::error(StatusCode::NOT_FOUND, "");
    }
    attempts_page(&app, AttemptFilter::default(), &format!("Attempt {id}"), "../../", only, &verb, &headers).await
}

/// One task's attempts.
pub async fn history_by_task_id(
    State(app): State<Arc<App>>,
    Path(task): Path<String>,
    verb: Verb,
    headers: HeaderMap,
) -> Response {
    let filter = AttemptFilter { task: Some(task.clone()), ..AttemptFilter::default() };
    attempts_page(&app, filter, &format!("Attempts of {task}"), "../../", None, &verb, &headers).await
}

/// The attempts of a family's tasks that have these parameters. Parameters are known while a task is in the scheduler.
pub async fn history_by_params(
    State(app): State<Arc<App>>,
    Path(family): Path<String>,
    uri: Uri,
    verb: Verb,
    headers: HeaderMap,
) -> Response {
    let data = form::data(uri.query(), None, &[]).ok().flatten().unwrap_or_else(|| "{}".into());
    let Ok(Value::Object(wanted)) = Value::parse(&data) else {
        return reply::error(StatusCode::BAD_REQUEST, "`data` is not an object of parameters");
    };
    let filter = AttemptFilter { family: Some(family.clone()), limit: HISTORY_ROWS_MAX, ..AttemptFilter::default() };
    let mut rows = match attempts(&app, filter).await {
        Ok(rows) => rows,
        Err(refused) => return refused,
    };
    app.store.read(|model| {
        rows.retain(|row| {
            let task = model.scheduler.task(&row.task);
            task.is_some_and(|task| {
                wanted.iter().all(|(name, value)| {
                    task.params().iter().any(|(other, told)| model.scheduler.symbol(*other) == &**name && told == value)
                })
            })
        });
    });
    let content = attempts_table(&rows, "../../");
    send_page(&format!("Attempts of {family}"), &content, &verb, &headers).await
}

async fn attempts(app: &Arc<App>, filter: AttemptFilter) -> Result<Vec<AttemptRow>, Response> {
    let found = app.read_large(move |store| store.attempts(&filter)).await;
    let failed = |error: String| {
        tracing::warn!(%error, "cannot read the history");
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "the history cannot be read at the moment")
    };
    match found {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

async fn attempts_page(
    app: &Arc<App>,
    mut filter: AttemptFilter,
    title: &str,
    base: &str,
    only: Option<i64>,
    verb: &Verb,
    headers: &HeaderMap,
) -> Response {
    filter.limit = HISTORY_ROWS_MAX;
    match attempts(app, filter).await {
        Ok(mut rows) => {
            rows.retain(|row| only.is_none_or(|only| row.id == only));
            send_page(title, &attempts_table(&rows, base), verb, headers).await
        }
        Err(refused) => refused,
    }
}

fn attempts_table(rows: &[AttemptRow], base: &str) -> String {
    if rows.is_empty() {
        return "<p>No attempt is known.".into();
    }
    let row = |row: &AttemptRow| {
        let seconds = row.started.map(|started| row.ended.seconds() - started.seconds());
        format!(
            "<tr><td>{}<td><a href=\"{base}history/by_task_id/{}\">{}</a><td><a href=\"{base}history/by_name/{}\">{}</a>\
             <td>{}<td>{}<td>{}",
            utc(row.ended),
            in_path(&row.task),
            escape(&row.task),
            in_path(&row.family),
            escape(&row.family),
            escape(&row.outcome),
            seconds.map_or("–".into(), |seconds| format!("{seconds:.1} s")),
            row.run.map_or("–".into(), |run| run.to_string()),
        )
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<table><tr><th>ended (UTC)<th>task<th>family<th>outcome<th>took<th>run{rows}</table>")
}

/// Makes a text safe as one piece of a path.
fn in_path(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'~' => safe.push(byte as char),
            byte => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    safe
}

/// `2026-11-25 03:00:00`, by Hinnant's days-to-civil algorithm: a date is no reason for a dependency.
fn utc(at: Timestamp) -> String {
    let seconds = at.0.div_euclid(1_000_000);
    let (days, in_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", in_day / 3_600, in_day / 60 % 60, in_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_767_225_599, "2025-12-31 23:59:59"),
            (-1, "1969-12-31 23:59:59"),
        ] {
            assert_eq!(utc(Timestamp(seconds * 1_000_000)), expected);
        }
    }

    #[test]
    fn names_are_safe_in_pages_and_paths() {
        let row = AttemptRow {
            id: 1,
            run: None,
            task: "<a href=x>/'\"".into(),
            family: "<b>".into(),
            worker: None,
            started: None,
            ended: Timestamp(0),
            outcome: "done".into(),
            error: None,
        };
        let table = attempts_table(&[row], "");
        assert!(!table.contains("<b>") && !table.contains("href=x>"), "{table}");
        assert!(table.contains("history/by_task_id/%3Ca%20href%3Dx%3E%2F%27%22"), "{table}");
    }
}
