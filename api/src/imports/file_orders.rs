//! The orders of a file, client by client, without a company to import them into.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::import::ImportKind;
use domain::money::Currency;

use super::columns::{ImportColumn, Layout};
use super::options::ImportRequest;
use super::problems::Problems;
use super::rows::{Rules, check, order_row};
use super::sheet::Sheet;
use crate::error::{Error, Result};

/// The orders of a file.
#[derive(Debug, Default)]
pub struct FileOrders {
    /// What amounts are in, when it was said or a column says it.
    pub currency: Option<Currency>,
    /// Whoever ordered, in the order in which the file names them first.
    pub clients: Vec<FileClient>,
    /// What is wrong with the rows; with errors there are no clients.
    pub problems: Problems,
}

/// What one client ordered.
#[derive(Debug)]
pub struct FileClient {
    /// The company's own number for it.
    pub account: String,
    /// Its name, where the file has one.
    pub name: Option<String>,
    /// When, and how much in minor units; negative for a credit note.
    pub orders: Vec<(DateTime<Utc>, i64)>,
}

/// Reads the orders of a file, by the rules of an import. Amounts in another currency than most are refused without a rate; where no
/// currency is known they are read with two decimals.
pub fn file_orders(bytes: &[u8], request: &ImportRequest, now: DateTime<Utc>) -> Result<FileOrders> {
    let named = match &request.currency {
        Some(code) => Some(code.clone()),
        None => first_currency(bytes, request),
    };
    let options = request.complete(named.as_deref().unwrap_or(Currency::EUR.code()), Tz::UTC)?;
    let currency = options.currency.clone();
    let rules = Rules::new(ImportKind::Orders, options, &currency, HashMap::new(), now)?;
    let mut read = FileOrders {
        currency: named.map(|_| rules.currency),
        problems: check(&rules, bytes).problems,
        ..FileOrders::default()
    };
    if read.problems.errors == 0 {
        read.clients = clients(&rules, bytes)?;
    }
    Ok(read)
}

/// The currency of the first row, where a column says one that there is.
fn first_currency(bytes: &[u8], request: &ImportRequest) -> Option<String> {
    let mapping = request.mapping.iter().cloned().collect();
    let (headers, mut sheet) = Sheet::open(bytes).ok()?;
    let place = Layout::find(ImportKind::Orders, headers, &mapping)
        .ok()?
        .place(ImportColumn::Currency)?;
    let code = sheet.next()?.cells.ok()?.get(place)?.to_ascii_uppercase();
    Currency::find(&code).is_ok().then_some(code)
}

/// Once more through a file that is sound. The same order number in several rows is one order.
fn clients(rules: &Rules, bytes: &[u8]) -> Result<Vec<FileClient>> {
    let broken = |why: domain::lang::Text| Error::internal(why.en.into_owned());
    let (headers, sheet) = Sheet::open(bytes).map_err(broken)?;
    let layout = Layout::find(rules.kind, headers, &rules.options.mapping).map_err(broken)?;
    let mut clients: Vec<FileClient> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut problems = Problems::default();
    for row in sheet {
        let cells = row.cells.map_err(broken)?;
        let Some(row) = order_row(rules, &layout, (row.line, &cells), &mut problems) else {
            return Err(Error::internal("a row was sound and is not"));
        };
        if !seen.insert(row.order) {
            continue;
        }
        let place = *places.entry(row.account.clone()).or_insert_with(|| {
            clients.push(FileClient {
                account: row.account,
                name: row.name,
                orders: Vec::new(),
            });
            clients.len() - 1
        });
        if let Some(client) = clients.get_mut(place) {
            client
                .orders
                .push((row.facts.ordered_at, row.facts.priced.tenant_amount.minor));
        }
    }
    Ok(clients)
}
