//! Whether the folder is as the settings say: reached, readable, writable, and what there is of each feed.

use jiff::SignedDuration;
use punchgate_connector::{
    CheckReport, ConnectorResult, Context, ErrorKind,
    connector::CheckFinding,
    folder::{Entry, FilePath, Moved},
};

use super::FlatFiles;
use crate::{
    feed::Feed,
    intake::{Intake, Survey},
};

const OPERATION: &str = "check";
/// Most refused files of a feed that are named.
const MOST_GAPS: usize = 10;

/// Looks, and writes, moves and removes a file of its own in every directory that is used.
pub(super) async fn report(connector: &FlatFiles, ctx: &Context) -> ConnectorResult<CheckReport> {
    let files = ctx.files(OPERATION)?;
    let directories = &connector.directories;
    let mut findings = Vec::new();
    let mut note = |fatal, message: String| findings.push(CheckFinding { fatal, message });
    let listing = files.list(&directories.incoming).await?;
    let archive = files.list(&directories.archive).await?;
    let put_away = files.list(&directories.refused).await?;
    for name in listing.passed_over.iter().take(10) {
        note(
            false,
            format!(
                "{}/{name} is no regular file or has an odd name: it is passed over",
                directories.incoming
            ),
        );
    }
    let mut used = vec![
        &directories.incoming,
        &directories.archive,
        &directories.errors,
        &directories.refused,
    ];
    if let Some(orders) = &connector.orders {
        used.extend([&orders.out, &orders.sent]);
    }
    for directory in used {
        if let Err(error) = probe(connector, ctx, directory).await {
            match error.kind {
                ErrorKind::Temporary | ErrorKind::Auth | ErrorKind::Blocked => return Err(error),
                _ => note(
                    true,
                    format!(
                        "{directory}/ cannot be written, moved and removed in: {}; give the user the right",
                        error.message
                    ),
                ),
            }
        }
    }
    for feed in &connector.feeds {
        let intake = connector.intake(files, feed);
        let survey = intake.survey(&listing.entries, &archive.entries).await?;
        let told = survey
            .trouble()
            .map(|left| format!("{}: {}", left.external_id, left.problem));
        let gaps = open_gaps(&intake, &survey, &put_away.entries);
        let told = told.chain(gaps).chain(weaknesses(feed, survey.chain.is_empty()));
        for what in told {
            note(false, format!("{}: {what}", feed.name()));
        }
    }
    Ok(CheckReport {
        name: format!("{:?}", connector.place),
        software: None,
        capabilities: connector.capabilities.clone(),
        clock_skew: SignedDuration::ZERO,
        findings,
    })
}

/// Refused files that nothing has made good for. Those that still lie among what comes are told as such.
fn open_gaps(intake: &Intake<'_>, survey: &Survey, put_away: &[Entry]) -> Vec<String> {
    let lie_there: Vec<String> = survey.trouble().map(|left| left.external_id).collect();
    let mut names: Vec<String> = intake
        .gaps(survey, put_away)
        .into_iter()
        .map(|(arrival, _)| arrival.original)
        .filter(|name| !lie_there.contains(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(MOST_GAPS);
    let directory = &intake.directories.refused;
    let lines = names.iter().take(MOST_GAPS).map(|name| {
        format!(
            "{name}: the file was refused, and no better one has come: see its note in {directory}/; send a better one, or \
             take it out of there"
        )
    });
    let more = (more > 0).then(|| format!("{more} files more were refused: see {directory}/"));
    lines.chain(more).collect()
}

/// What of a feed is not as it could be.
fn weaknesses(feed: &Feed, is_empty: bool) -> Vec<String> {
    let mut told = Vec::new();
    if is_empty {
        let names = feed.full.iter().chain(&feed.delta);
        let names: Vec<&str> = names.map(|pattern| pattern.as_str()).collect();
        told.push(format!("no file {} has come yet", names.join(" or ")));
    }
    if !feed.has_sequence() && feed.manifest.is_none() {
        told.push(
            "its files have neither numbers nor manifests: a file that is lost, or cut off by whoever wrote it, is not \
             noticed; add {seq} to its name, or set manifest"
                .to_owned(),
        );
    }
    told
}

async fn probe(connector: &FlatFiles, ctx: &Context, directory: &str) -> ConnectorResult<()> {
    let files = ctx.files(OPERATION)?;
    let path = |what: &str| {
        let name = format!("punchgate-{what}-{}", ctx.next_request_id());
        FilePath::new(directory, &name)
            .map_err(|error| files.error(ErrorKind::Invalid, format!("{}: {error}", connector.id)))
    };
    let (first, second) = (path("probe")?, path("moved")?);
    files
        .write_new(&first, b"A check of Punchgate: may be removed.\n".as_slice())
        .await?;
    let moved = files.move_new(&first, &second).await?;
    let left = if moved == Moved::Done { &second } else { &first };
    files.remove(left).await.map(|_| ())
}
