//! What became of orders: sales, shipments and invoices, each a feed of its own, read in turn.

use std::collections::BTreeMap;

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, Cursor, Documents, Page,
    documents::{DocumentKind, ErpDocument},
    error::Effect,
    published::Mismatch,
};
use punchgate_domain::{Instant, money::Currency};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{KEYS, Search, Tryton, readable, readable_with};
use crate::{
    convert::{
        documents::{self, SaleLines},
        invoices::{self, Sources},
        names, payments, sales,
    },
    feed::{self, Feed, Stamped},
    wire::{self, Row},
};

const OPERATION: &str = "documents";

/// Where the feeds were left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Feeds {
    /// Which of them is next.
    turn: usize,
    sales: Feed,
    shipments: Feed,
    invoices: Feed,
}

/// A model that documents are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Sales,
    Shipments,
    Invoices,
}

const SOURCES: [Source; 3] = [Source::Sales, Source::Shipments, Source::Invoices];

impl Source {
    fn kinds(self) -> &'static [DocumentKind] {
        match self {
            Self::Sales => &[DocumentKind::Acknowledgement, DocumentKind::Status],
            Self::Shipments => &[DocumentKind::Shipment],
            Self::Invoices => &[
                DocumentKind::Invoice,
                DocumentKind::CreditMemo,
                DocumentKind::Payment,
            ],
        }
    }

    fn feed(self, feeds: &mut Feeds) -> &mut Feed {
        match self {
            Self::Sales => &mut feeds.sales,
            Self::Shipments => &mut feeds.shipments,
            Self::Invoices => &mut feeds.invoices,
        }
    }

    fn model(self) -> &'static str {
        match self {
            Self::Sales => "sale.sale",
            Self::Shipments => "stock.shipment.out",
            Self::Invoices => "account.invoice",
        }
    }
}

fn read(mismatch: Mismatch) -> ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

impl Tryton {
    /// What narrows a source to what was issued to orders of ours.
    fn issued(&self, source: Source) -> Value {
        match source {
            Source::Sales => json!([self.settings.fields.order_reference, "!=", null]),
            Source::Shipments => json!(["state", "=", "done"]),
            // A number is given when it is posted, and stays.
            Source::Invoices => json!([
                ["type", "=", "out"],
                ["state", "in", ["posted", "paid", "cancelled"]],
                ["number", "!=", null]
            ]),
        }
    }

    fn document_fields(&self, source: Source) -> Vec<String> {
        match source {
            Source::Sales => sales::document_fields(&self.settings),
            Source::Shipments => documents::shipment_fields(),
            Source::Invoices => {
                let mut fields = invoices::fields();
                fields.extend(payments::fields());
                fields
            }
        }
    }

    /// The next page of a source and whether there is more of it.
    async fn page(
        &self,
        ctx: &Context,
        source: Source,
        feed: &mut Feed,
        asked: &Asked<'_>,
    ) -> ConnectorResult<(Vec<ErpDocument>, bool)> {
        let search = Search {
            operation: OPERATION,
            model: source.model(),
            domain: &json!([self.of_company(), self.issued(source), feed.domain()]),
            limit: Some(asked.limit),
            fields: &self.document_fields(source),
        };
        let answer = self.search(ctx, search).await?;
        let rows = wire::rows(&answer.result).map_err(read)?;
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            page.push(Stamped::of(*row).map_err(read)?);
        }
        let (new, more) = feed.advance(&page, asked.limit, asked.at, self.settings.overlap);
        let new: Vec<Row<'_>> = rows
            .into_iter()
            .zip(new)
            .filter(|(_, new)| *new)
            .map(|(row, _)| row)
            .collect();
        let documents = match source {
            Source::Sales => self.of_sales(ctx, asked.kinds, new)?,
            Source::Shipments => self.of_shipments(ctx, new).await?,
            Source::Invoices => self.of_invoices(ctx, asked.currency, new).await?,
        };
        let wanted = |document: &ErpDocument| asked.kinds.contains(&document.content.kind());
        Ok((documents.into_iter().filter(wanted).collect(), more))
    }

    fn of_sales(
        &self,
        ctx: &Context,
        kinds: &[DocumentKind],
        rows: Vec<Row<'_>>,
    ) -> ConnectorResult<Vec<ErpDocument>> {
        let found = readable(ctx, rows, |row| sales::documents(&self.settings, kinds, row));
        Ok(found.map_err(read)?.into_iter().flatten().collect())
    }

    async fn of_shipments(&self, ctx: &Context, rows: Vec<Row<'_>>) -> ConnectorResult<Vec<ErpDocument>> {
        let lines_of = |row| Ok((row, documents::shipped_lines(&[row])?));
        let rows = readable(ctx, rows, lines_of).map_err(read)?;
        let ids = rows.iter().flat_map(|(_, lines)| lines).copied().collect();
        let sold = self.sale_lines(ctx, ids).await?;
        let found = readable_with(ctx, rows, |row, lines| {
            sold.are_readable(&lines)?;
            documents::shipments(&self.settings, &sold.lines, row)
        });
        Ok(found.map_err(read)?.into_iter().flatten().collect())
    }

    /// Invoices of what was ordered through us, and what was paid on them.
    async fn of_invoices(
        &self,
        ctx: &Context,
        currency: Currency,
        rows: Vec<Row<'_>>,
    ) -> ConnectorResult<Vec<ErpDocument>> {
        let origins_of = |row| Ok((row, invoices::origins(&[row])?));
        let rows = readable(ctx, rows, origins_of).map_err(read)?;
        let (mut ids, mut invoiced) = (Vec::new(), Vec::new());
        for (_, origins) in &rows {
            ids.extend(&origins.sale_lines);
            invoiced.extend(&origins.invoice_lines);
        }
        let mut credited = BTreeMap::new();
        for ids in invoiced.chunks(KEYS) {
            let answer = self
                .by_ids(ctx, "account.invoice.line", ids, &names(["origin"]))
                .await?;
            credited.extend(invoices::credited(&wire::rows(&answer).map_err(read)?).map_err(read)?);
        }
        ids.extend(credited.values());
        let sold = self.sale_lines(ctx, ids).await?;
        let sources = Sources {
            settings: &self.settings,
            sale_lines: &sold.lines,
            credited: &credited,
        };
        let found = readable_with(ctx, rows, |row, origins| {
            let credits = origins.invoice_lines.iter().filter_map(|line| credited.get(line));
            sold.are_readable(origins.sale_lines.iter().chain(credits))?;
            let Some(invoice) = invoices::invoice(sources, row)? else {
                return Ok(None);
            };
            let cancellation = invoices::cancellation(row, &invoice)?;
            Ok(Some((row, [Some(invoice), cancellation])))
        });
        let (rows, documents): (Vec<_>, Vec<_>) = found.map_err(read)?.into_iter().flatten().unzip();
        let mut documents: Vec<_> = documents.into_iter().flatten().flatten().collect();
        // A payment that cannot be read takes no invoice with it.
        let free = self.on_no_invoice(ctx, currency, &rows).await?;
        let paid = readable(ctx, rows, |row| payments::payments(currency, row));
        documents.extend(paid.map_err(read)?.into_iter().flatten());
        documents.extend(free);
        Ok(documents)
    }

    /// Money of the customers of these invoices that is on no invoice, perhaps any more.
    async fn on_no_invoice(
        &self,
        ctx: &Context,
        currency: Currency,
        invoices: &[Row<'_>],
    ) -> ConnectorResult<Vec<ErpDocument>> {
        let Some(domain) = payments::on_no_invoice(invoices) else {
            return Ok(Vec::new());
        };
        let search = Search {
            operation: OPERATION,
            model: "account.move.line",
            domain: &domain,
            limit: None,
            fields: &payments::line_fields(),
        };
        let answer = self.search(ctx, search).await?.result;
        let lines = wire::rows(&answer).map_err(read)?;
        let origins: Vec<i64> = payments::origins(&lines).into_iter().collect();
        let mut entries = BTreeMap::new();
        for ids in origins.chunks(KEYS) {
            let answer = self.by_ids(ctx, "account.invoice", ids, &names(["move"])).await?;
            entries.extend(payments::entries(&wire::rows(&answer).map_err(read)?).map_err(read)?);
        }
        let found = readable(ctx, lines, |line| payments::unallocated(currency, &entries, line));
        Ok(found.map_err(read)?.into_iter().flatten().collect())
    }

    async fn sale_lines(&self, ctx: &Context, mut ids: Vec<i64>) -> ConnectorResult<Sold> {
        ids.sort_unstable();
        ids.dedup();
        let fields = documents::sale_line_fields(&self.settings);
        let mut sold = Sold::default();
        for ids in ids.chunks(KEYS) {
            let answer = self.by_ids(ctx, "sale.line", ids, &fields).await?;
            for row in wire::rows(&answer).map_err(read)? {
                match documents::sale_lines(&self.settings, &[row]) {
                    Ok(lines) => sold.lines.extend(lines),
                    Err(mismatch) => {
                        sold.unreadable
                            .insert(row.id("id").map_err(read)?, mismatch.to_string());
                    }
                }
            }
        }
        Ok(sold)
    }

    async fn by_ids(
        &self,
        ctx: &Context,
        model: &'static str,
        ids: &[i64],
        fields: &[String],
    ) -> ConnectorResult<Value> {
        let search = Search {
            operation: OPERATION,
            model,
            domain: &json!([["id", "in", ids]]),
            limit: None,
            fields,
        };
        Ok(self.search(ctx, search).await?.result)
    }
}

/// Lines of sales that other documents are about.
#[derive(Debug, Default)]
struct Sold {
    lines: SaleLines,
    /// What is wrong with the others. A document about one of them would lack a line.
    unreadable: BTreeMap<i64, String>,
}

impl Sold {
    fn are_readable<'a>(&self, ids: impl IntoIterator<Item = &'a i64>) -> Result<(), Mismatch> {
        match ids.into_iter().find_map(|id| self.unreadable.get(id)) {
            Some(problem) => Err(Mismatch::new("origin", problem)),
            None => Ok(()),
        }
    }
}

/// What was asked for.
struct Asked<'a> {
    kinds: &'a [DocumentKind],
    limit: usize,
    at: Instant,
    currency: Currency,
}

#[async_trait]
impl Documents for Tryton {
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        let mut feeds: Feeds = feed::read(OPERATION, cursor)?;
        let company = self.company(ctx, OPERATION).await?;
        let kinds = if kinds.is_empty() {
            &DocumentKind::ALL
        } else {
            kinds
        };
        // A sale makes two documents at most.
        let limit = limit.clamp(1, self.settings.page_size).div_ceil(2);
        let asked = Asked {
            kinds,
            limit: usize::try_from(limit).unwrap_or(1),
            at: company.at,
            currency: company.currency,
        };
        let mut items = Vec::new();
        let mut more = false;
        // A page holds what one source has; the next page goes on with the next.
        while let Some(source) = SOURCES.get(feeds.turn).copied() {
            if !source.kinds().iter().any(|kind| kinds.contains(kind)) {
                feeds.turn += 1;
                continue;
            }
            let mut feed = std::mem::take(source.feed(&mut feeds));
            let (documents, unfinished) = self.page(ctx, source, &mut feed, &asked).await?;
            *source.feed(&mut feeds) = feed;
            items = documents;
            more = unfinished;
            if !unfinished {
                feeds.turn += 1;
            }
            if more || !items.is_empty() {
                break;
            }
        }
        let more = more || feeds.turn < SOURCES.len();
        if feeds.turn >= SOURCES.len() {
            feeds.turn = 0;
        }
        Ok(Page {
            items,
            deleted: Vec::new(),
            next_cursor: feed::write(OPERATION, &feeds)?,
            more,
        })
    }
}
