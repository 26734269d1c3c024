//! A round: what stands is compared with what stood, and who is to hear of it is written to.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::tz::TimeZone;
use punchgate_domain::event::EventKind;
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    alert::{self, AlertRow, RecipientRow, ToldRow},
    outbox::{self, NewEntry},
    work_lease::{self, Lease},
};
use serde_json::json;

use super::{
    Alerts, Audience, INSTALLATION, MachineTrouble, SEND_ALERT,
    gather::{Knows, digest},
    letter::{Sheet, pages, plain, subject, text},
    send::SendJob,
    standing::{Compared, compare},
};
use crate::{
    attention::{Code, Each, each},
    clock::micros,
    directory::DirectoryError,
    events::{self, Happened, TELL_EVENT},
};

/// Until when another gateway waits for one that fell silent.
const LEASE_MICROS: i64 = 60_000_000;
/// So much is told of one thing.
const DETAIL: usize = 500;

impl Alerts {
    /// Looks at everything once, with what was found of the machine; says how many mails that made. Of several gateways one at a
    /// time looks at a supplier.
    pub async fn round(&self, machine: &[MachineTrouble]) -> Result<usize, DirectoryError> {
        let suppliers = self.directory.suppliers().await?;
        let own: Vec<Each> = machine
            .iter()
            .map(|one| Each::new(one.code, one.subject.clone(), one.detail.clone(), ""))
            .collect();
        let installation = Audience {
            supplier: INSTALLATION.to_owned(),
            name: self.settings.host.clone(),
            time_zone: TimeZone::UTC,
            recipients: self.settings.recipients(&[]).to_vec(),
            // One tenant's systems are not told of what concerns others, too.
            webhooks: match suppliers.as_slice() {
                [only] => Some(only.id.clone()),
                _ => None,
            },
        };
        let mut mails = self.look(&installation, own).await?;
        for supplier in suppliers {
            let audience = Audience {
                supplier: supplier.id.to_string(),
                name: supplier.name.clone(),
                time_zone: supplier.time_zone.clone(),
                recipients: self.settings.recipients(&supplier.alerts_to).to_vec(),
                webhooks: Some(supplier.id.clone()),
            };
            mails += self.look(&audience, Vec::new()).await?;
        }
        Ok(mails)
    }

    async fn look(&self, audience: &Audience, own: Vec<Each>) -> StorageResult<usize> {
        let name = format!("alerts/{}", audience.supplier);
        let db = &self.surroundings.db;
        let mut tx = db.begin(Lane::Background).await?;
        let lease = work_lease::acquire(&mut tx, &name, &self.holder, LEASE_MICROS).await?;
        tx.commit().await?;
        let Some(lease) = lease else {
            return Ok(0);
        };
        let mails = self.look_under(&lease, audience, own).await;
        let mut tx = db.begin(Lane::Background).await?;
        work_lease::release(&mut tx, &lease).await?;
        tx.commit().await?;
        mails
    }

    async fn look_under(&self, lease: &Lease, audience: &Audience, own: Vec<Each>) -> StorageResult<usize> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.read().await?;
        let sent_before = now.saturating_sub(in_micros(self.settings.partner_silent));
        let (mut found, full) = each(&mut tx, &audience.supplier, sent_before).await?;
        found.extend(own);
        let before = alert::of_supplier(&mut tx, &audience.supplier).await?;
        let told = alert::told(&mut tx, &audience.supplier).await?;
        tx.rollback().await?;
        let patience = |code| in_micros(self.settings.patience(code));
        let compared = compare(
            (&audience.supplier, before),
            &found,
            &full,
            &told,
            (now, patience),
            || self.surroundings.new_id(),
        );
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        if let Err(lost) = work_lease::extend(&mut tx, lease, LEASE_MICROS).await? {
            tx.rollback().await?;
            return Err(lost.into());
        }
        self.write(&mut tx, audience, &compared, &found).await?;
        let mails = self.tell(&mut tx, audience, &compared.rows, &told).await?;
        tx.commit().await?;
        Ok(mails)
    }

    async fn write(
        &self,
        tx: &mut Tx,
        audience: &Audience,
        compared: &Compared,
        found: &[Each],
    ) -> StorageResult<()> {
        alert::put_many(tx, &compared.written).await?;
        for row in &compared.gone {
            alert::delete(tx, row).await?;
        }
        let Some(supplier) = &audience.webhooks else {
            return Ok(());
        };
        // Whoever cannot be told of events is not told of that, or it would go on for ever.
        let events: BTreeSet<&str> = found
            .iter()
            .filter(|one| one.work.as_deref() == Some(TELL_EVENT))
            .map(|one| one.subject.as_str())
            .collect();
        let is_told =
            |row: &&AlertRow| row.code != Code::DeadWork.as_str() || !events.contains(row.subject.as_str());
        let now = micros(self.surroundings.now());
        let pages = pages(&self.settings.console, &audience.supplier);
        let raised = compared.raised.iter().filter(is_told);
        let raised = raised.map(|row| happened(row, EventKind::AlertRaised, supplier.as_str(), &pages, now));
        let over = compared.over.iter();
        let over = over.map(|row| happened(row, EventKind::AlertOver, supplier.as_str(), &pages, now));
        let happened: Vec<Happened> = raised.chain(over).collect();
        events::announce(tx, supplier.as_str(), &happened).await
    }

    /// Writes to each recipient who is to hear of something; says to how many.
    async fn tell(
        &self,
        tx: &mut Tx,
        audience: &Audience,
        rows: &[AlertRow],
        told: &[ToldRow],
    ) -> StorageResult<usize> {
        for row in told
            .iter()
            .filter(|row| !audience.recipients.contains(&row.recipient))
        {
            alert::forget(tx, row).await?;
        }
        let known = alert::recipients(tx, &audience.supplier).await?;
        let mut mails = 0;
        for recipient in &audience.recipients {
            let last = known.iter().find(|row| row.recipient == *recipient);
            let own = told.iter().filter(|row| row.recipient == *recipient);
            let told: BTreeMap<(&str, &str), i64> = own
                .map(|row| ((row.code.as_str(), row.subject.as_str()), row.told_at))
                .collect();
            let stream = format!("alerts/{recipient}");
            let knows = Knows {
                told,
                written_at: last.map(|row| row.written_at),
                waits: outbox::is_open(tx, &audience.supplier, &stream).await?,
            };
            mails += usize::from(
                self.write_to(tx, audience, (recipient, stream), rows, &knows)
                    .await?,
            );
        }
        Ok(mails)
    }

    async fn write_to(
        &self,
        tx: &mut Tx,
        audience: &Audience,
        (recipient, stream): (&str, String),
        rows: &[AlertRow],
        knows: &Knows<'_>,
    ) -> StorageResult<bool> {
        let now = micros(self.surroundings.now());
        let Some(digest) = digest(rows, knows, now, in_micros(self.settings.window)) else {
            return Ok(false);
        };
        let sheet = Sheet {
            name: &audience.name,
            pages: &pages(&self.settings.console, &audience.supplier),
            time_zone: &audience.time_zone,
            entries: self.settings.entries,
        };
        let job = SendJob {
            to: recipient.to_owned(),
            id: format!("{}@{}", self.surroundings.new_id(), self.settings.host),
            subject: subject(&sheet, &digest),
            text: text(&sheet, &digest),
            at: now,
        };
        let payload =
            serde_json::to_string(&job).map_err(|error| StorageError::corrupt("outbox.payload", error))?;
        let entry = NewEntry {
            supplier: audience.supplier.clone(),
            stream,
            kind: SEND_ALERT,
            payload_version: 1,
            payload,
            not_before: now,
            coalesce: false,
            connector: None,
            relationship: None,
        };
        outbox::enqueue(tx, &entry, now).await?;
        let of = |row: &AlertRow| ToldRow {
            supplier_id: row.supplier_id.clone(),
            recipient: recipient.to_owned(),
            code: row.code.clone(),
            subject: row.subject.clone(),
            told_at: now,
        };
        let news: Vec<ToldRow> = digest.stands.iter().map(|row| of(row)).collect();
        alert::tell_many(tx, &news).await?;
        for row in &digest.over {
            alert::forget(tx, &of(row)).await?;
        }
        let written = RecipientRow {
            supplier_id: audience.supplier.clone(),
            recipient: recipient.to_owned(),
            written_at: now,
        };
        alert::write_to(tx, &written).await?;
        Ok(true)
    }
}

fn in_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// What webhooks are told.
fn happened(row: &AlertRow, kind: EventKind, supplier: &str, pages: &str, at: i64) -> Happened {
    let end = match kind {
        EventKind::AlertOver => "over",
        _ => "raised",
    };
    Happened {
        kind,
        id: format!("evt_{}_{end}", row.alert_id),
        subject: format!("alert/{}", row.alert_id),
        relationship: None,
        data: json!({
            "supplier": supplier,
            "alert": row.alert_id,
            "code": row.code,
            "subject": row.subject,
            "title": Code::parse(&row.code).map_or("", Code::title),
            "text": plain(&row.detail, DETAIL),
            "link": format!("{pages}{}", row.path),
            "since": crate::clock::from_micros(row.began_at).to_string(),
        }),
        at,
    }
}
