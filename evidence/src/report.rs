//! The report: one page for people, without scripts and without anything from elsewhere, that prints well.
//!
//! INVARIANT: it follows from manifest and entries alone, so that verifying can make it anew and compare.

use std::fmt::Write as _;

use crate::controls::{ControlFinding, Coverage, Framework};
use crate::manifest::{Manifest, People};
use crate::people::Person;
use crate::population::Population;
use crate::time;

/// This program, as manifests name it.
pub const GENERATOR: &str = concat!("bussola ", env!("CARGO_PKG_VERSION"));

const STYLE: &str = include_str!("report.css");

/// Makes the page.
pub(crate) fn render(manifest: &Manifest, framework: &Framework, population: &Population, people: &[Person]) -> String {
    let findings = framework.judge(population);
    let mut page = String::with_capacity(64 << 10);
    let title = format!("Evidence from {}", escape(&manifest.origin));
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n"
    );
    scope(&mut page, manifest, framework);
    summary(&mut page, &findings);
    gaps(&mut page, manifest, &findings);
    controls(&mut page, &findings);
    kinds(&mut page, manifest, population);
    acted(&mut page, manifest, population, people);
    how_to_verify(&mut page, manifest);
    page.push_str("</body>\n</html>\n");
    page
}

fn scope(page: &mut String, manifest: &Manifest, framework: &Framework) {
    let about = match &manifest.component {
        Some(component) => format!(
            "what concerns <code>{}</code>: itself, its pipelines and their runs, as the catalog had them when this was made",
            escape(component)
        ),
        None => "everything that the ledger recorded".to_owned(),
    };
    let _ = write!(
        page,
        "<table class=\"facts\">\n<tr><th>Framework</th><td>{}</td></tr>\n<tr><th>Period</th><td>{} to before {}</td></tr>\n\
         <tr><th>Scope</th><td>{about}</td></tr>\n<tr><th>Population</th><td>{} entries</td></tr>\n\
         <tr><th>Made</th><td>{}, by {}</td></tr>\n</table>\n",
        escape(&framework.title),
        time::seconds(manifest.from),
        time::seconds(manifest.to),
        manifest.entries,
        time::seconds(manifest.made_at),
        escape(&manifest.generator),
    );
}

fn summary(page: &mut String, findings: &[ControlFinding<'_>]) {
    let count = |coverage: Coverage| findings.iter().filter(|finding| finding.coverage == coverage).count();
    let _ = writeln!(
        page,
        "<p class=\"summary\">Of {} controls, <b>{}</b> have evidence for everything that the ledger could show, <b>{}</b> for \
         a part, and <b>{}</b> for nothing. Whether a control works is for the auditor to judge: this says what there is to \
         judge by.</p>",
        findings.len(),
        count(Coverage::Evidence),
        count(Coverage::Partial),
        count(Coverage::Gap),
    );
}

fn gaps(page: &mut String, manifest: &Manifest, findings: &[ControlFinding<'_>]) {
    page.push_str("<h2>Gaps</h2>\n<ul>\n");
    for finding in findings.iter().filter(|finding| finding.coverage != Coverage::Evidence) {
        for (item, found) in finding.control.items.iter().zip(&finding.found) {
            if found.is_empty() {
                let kinds: Vec<String> =
                    item.kinds.iter().map(|kind| format!("<code>{}</code>", escape(kind))).collect();
                let _ = writeln!(
                    page,
                    "<li><b>{}</b>: no entry shows {} ({}).</li>",
                    escape(&finding.control.id),
                    escape(&item.shows),
                    kinds.join(", ")
                );
            }
        }
    }
    if manifest.policies.is_empty() {
        page.push_str(
            "<li><b>Policies in force</b>: none is in this bundle, so none is known to have been in force.</li>\n",
        );
    }
    if manifest.component.is_some() {
        page.push_str(
            "<li><b>Completeness</b>: that these are all entries that concern the component is the exporter's word. A bundle of \
             the whole period proves that nothing is missing.</li>\n",
        );
    }
    page.push_str("</ul>\n");
}

fn controls(page: &mut String, findings: &[ControlFinding<'_>]) {
    page.push_str("<h2>Controls</h2>\n");
    for finding in findings {
        let control = finding.control;
        let word = finding.coverage.as_str();
        let _ = write!(
            page,
            "<section class=\"{word}\">\n<h3>{} <span class=\"mark\">{word}</span></h3>\n<p>{}</p>\n<table>\n\
             <tr><th>What entries show</th><th>Entries</th></tr>\n",
            escape(&control.id),
            escape(&control.asks)
        );
        for (item, found) in control.items.iter().zip(&finding.found) {
            let entries: Vec<String> =
                found.iter().map(|(kind, count)| format!("{count} <code>{}</code>", escape(kind))).collect();
            let entries = if entries.is_empty() { "<b>none</b>".to_owned() } else { entries.join(", ") };
            let _ = writeln!(page, "<tr><td>{}</td><td>{entries}</td></tr>", escape(&item.shows));
        }
        page.push_str("</table>\n");
        if let Some(beyond) = &control.beyond {
            let _ = writeln!(page, "<p class=\"beyond\">{}</p>", escape(beyond));
        }
        page.push_str("</section>\n");
    }
}

fn kinds(page: &mut String, manifest: &Manifest, population: &Population) {
    page.push_str("<h2>Population</h2>\n");
    let _ = match (manifest.entries, &manifest.component) {
        (0, _) => writeln!(page, "<p>There are no entries. That, too, is proven for a whole period.</p>"),
        (entries, None) => writeln!(
            page,
            "<p>Entries {} to {} of the ledger, all of them. To sample, draw a number from 1 to {entries}: it is the line of \
             <code>entries.jsonl</code>. The number of an entry is its <code>seq</code>.</p>",
            manifest.first,
            manifest.first + entries - 1
        ),
        (entries, Some(_)) => writeln!(
            page,
            "<p>To sample, draw a number from 1 to {entries}: it is the line of <code>entries.jsonl</code>. The number of an \
             entry in the ledger is its <code>seq</code>.</p>"
        ),
    };
    page.push_str("<table>\n<tr><th>Kind</th><th>Entries</th><th>First</th><th>Last</th></tr>\n");
    for (kind, count) in &population.kinds {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(kind),
            count.count,
            count.first,
            count.last
        );
    }
    page.push_str("</table>\n");
    if !population.recoveries.is_empty() {
        let seqs: Vec<String> = population.recoveries.iter().map(u64::to_string).collect();
        let _ = writeln!(
            page,
            "<p class=\"warning\">The ledger was recovered at entry {}: what had been served before is not all in it. Each entry \
             says what was lost, and names the reason by its hash.</p>",
            seqs.join(", ")
        );
    }
}

fn acted(page: &mut String, manifest: &Manifest, population: &Population, people: &[Person]) {
    page.push_str("<h2>Who acted</h2>\n<table>\n<tr><th>Principal</th><th>Entries</th></tr>\n");
    for (principal, count) in &population.principals {
        let _ = writeln!(page, "<tr><td><code>{}</code></td><td>{count}</td></tr>", escape(principal));
    }
    page.push_str("</table>\n");
    if manifest.people == People::Pseudonymous {
        page.push_str("<p>People are named by the opaque ids that entries have; their names were not asked for.</p>\n");
        return;
    }
    page.push_str("<table>\n<tr><th>Name in entries</th><th>Text</th></tr>\n");
    for person in people {
        let _ = writeln!(page, "<tr><td>{}</td><td>{}</td></tr>", person.name, escape(&person.text));
    }
    page.push_str("</table>\n<p>Names that entries of this bundle give; an entry commits to each.</p>\n");
}

fn how_to_verify(page: &mut String, manifest: &Manifest) {
    let _ = write!(
        page,
        "<h2>Verify it yourself</h2>\n<p>Do not take this page's word. With the ledger's public key, from its operator or from \
         where you keep it, and not from this bundle:</p>\n<pre>bussola evidence verify BUNDLE --key ledger.vkey</pre>\n<p>It \
         needs no network, and checks that the ledger <code>{}</code> signed every entry here, that none of the period is left \
         out, and that no byte was changed since.</p>\n",
        escape(&manifest.origin)
    );
}

/// Makes a text safe to stand in the page, in attributes too.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
