//! From cells to rows that mean something, or to problems with line and column.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use async_graphql::MaybeUndefined;
use chrono::{DateTime, Utc};
use csv::StringRecord;
use domain::account::Lifecycle;
use domain::import::ImportKind;
use domain::lang::Text;
use domain::money::{Currency, Money, Rate};
use uuid::Uuid;

use super::cells::{Times, shorten};
use super::columns::{ImportColumn, Layout};
use super::countries;
use super::options::ImportOptions;
use super::problems::Problems;
use super::sheet::Sheet;
use crate::accounts::bulk::{AccountChanges, AccountDraft};
use crate::error::{Error, Result};
use crate::orders::amounts::{NoPrice, price, stored_currency};
use crate::orders::bulk::OrderFacts;
use crate::orders::service::is_plausible;
use crate::platform::graphql::input::{NAME_CHARS, NOTE_CHARS, instant};

/// What cells are read by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What the rows are.
    pub kind: ImportKind,
    /// How the file is to be read.
    pub options: ImportOptions,
    /// The same, for times.
    pub times: Times,
    /// Of amounts without one of their own.
    pub currency: Currency,
    /// Tenant's currency per unit of the file's, for rows without one of their own.
    pub rate: Option<Rate>,
    /// What amounts are reckoned in.
    pub tenant_currency: Currency,
    /// Members who may own accounts, by e-mail address in small letters.
    pub members: HashMap<String, Uuid>,
    /// Nothing was ordered (much) later.
    pub now: DateTime<Utc>,
}

impl Rules {
    /// From options that were checked when the run was begun.
    pub fn new(
        kind: ImportKind,
        options: ImportOptions,
        tenant_currency: &str,
        members: HashMap<String, Uuid>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let zone = options
            .time_zone
            .parse()
            .map_err(|_| Error::internal("unknown time zone in an import"))?;
        let rate = options
            .rate
            .as_deref()
            .map(Rate::parse)
            .transpose()
            .map_err(Error::internal)?;
        Ok(Self {
            kind,
            times: Times {
                zone,
                format: options.date_format.clone(),
            },
            currency: stored_currency(&options.currency)?,
            rate,
            tenant_currency: stored_currency(tenant_currency)?,
            members,
            now,
            options,
        })
    }
}

/// An order as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderRow {
    /// The order's external id.
    pub order: String,
    /// The account's external id.
    pub account: String,
    /// When, how much, delivered when.
    pub facts: OrderFacts,
    /// Name of the account, for making it.
    pub name: Option<String>,
    /// Country of the account, for making it.
    pub country: Option<String>,
}

/// An account as the file has it. What the file has no column for is `None` and stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountRow {
    /// Its external id.
    pub account: String,
    pub name: String,
    pub name_kana: Option<Option<String>>,
    pub country: Option<Option<String>>,
    pub industry: Option<Option<String>>,
    pub segment: Option<Option<String>>,
    pub acquisition_channel: Option<Option<String>>,
    pub note: Option<Option<String>>,
    pub lifecycle: Option<Lifecycle>,
    /// Owner, for making it.
    pub owner: Option<Uuid>,
}

impl OrderRow {
    /// The account that such an order makes when there is none. Who ordered is a customer.
    pub fn account_draft(&self) -> AccountDraft {
        AccountDraft {
            name: self.name.clone().unwrap_or_else(|| self.account.clone()),
            name_kana: None,
            lifecycle: Lifecycle::Customer,
            industry: None,
            segment: None,
            country: self.country.clone(),
            website: None,
            external_id: Some(self.account.clone()),
            owner: None,
            acquisition_channel: None,
            fiscal_year_end_month: None,
            touch_cadence_days: None,
            note: None,
        }
    }
}

impl AccountRow {
    /// The new account.
    pub fn draft(&self) -> AccountDraft {
        AccountDraft {
            name: self.name.clone(),
            name_kana: self.name_kana.clone().flatten(),
            lifecycle: self.lifecycle.unwrap_or(Lifecycle::Customer),
            industry: self.industry.clone().flatten(),
            segment: self.segment.clone().flatten(),
            country: self.country.clone().flatten(),
            website: None,
            external_id: Some(self.account.clone()),
            owner: self.owner,
            acquisition_channel: self.acquisition_channel.clone().flatten(),
            fiscal_year_end_month: None,
            touch_cadence_days: None,
            note: self.note.clone().flatten(),
        }
    }

    /// What an account that is there already is to become. The owner stays: that is what handovers are for.
    pub fn changes(self) -> AccountChanges {
        let maybe = |value: Option<Option<String>>| match value {
            None => MaybeUndefined::Undefined,
            Some(None) => MaybeUndefined::Null,
            Some(Some(text)) => MaybeUndefined::Value(text),
        };
        AccountChanges {
            name: Some(self.name),
            name_kana: maybe(self.name_kana),
            lifecycle: self.lifecycle,
            industry: maybe(self.industry),
            segment: maybe(self.segment),
            country: maybe(self.country),
            acquisition_channel: maybe(self.acquisition_channel),
            note: maybe(self.note),
            ..AccountChanges::default()
        }
    }
}

/// The cells of one row, and what is wrong with them.
struct Cells<'a> {
    layout: &'a Layout,
    cells: &'a StringRecord,
    line: u64,
    problems: &'a mut Problems,
}

impl Cells<'_> {
    fn refuse(&mut self, column: ImportColumn, why: Text) {
        self.problems.error(self.line, self.layout.header(column), why);
    }

    /// The cell, unless it is empty or the file has no such column.
    fn get(&self, column: ImportColumn) -> Option<&str> {
        let place = self.layout.place(column)?;
        self.cells.get(place).filter(|text| !text.is_empty())
    }

    /// A cell that must not be empty.
    fn needed(&mut self, column: ImportColumn, most: usize) -> Option<String> {
        if self.get(column).is_none() {
            self.refuse(column, Text::fixed("The cell is empty.", "セルが空です。"));
            return None;
        }
        self.text(column, most)
    }

    fn text(&mut self, column: ImportColumn, most: usize) -> Option<String> {
        let text = self.get(column)?.to_owned();
        if text.contains('\0') {
            self.refuse(
                column,
                Text::fixed("The character U+0000 is not allowed.", "U+0000の文字は使用できません。"),
            );
            return None;
        }
        if text.chars().count() > most {
            self.refuse(
                column,
                Text::new(
                    format!("At most {most} characters."),
                    format!("{most}文字以内にしてください。"),
                ),
            );
            return None;
        }
        Some(text)
    }

    /// A cell that may be empty; outer `None` when the file has no such column.
    fn optional(&mut self, column: ImportColumn, most: usize) -> Option<Option<String>> {
        self.layout.place(column).map(|_| self.text(column, most))
    }

    /// A cell that is read; an empty one, and one that cannot be read, is `None`.
    fn read<T>(&mut self, column: ImportColumn, read: impl FnOnce(&str) -> std::result::Result<T, Text>) -> Option<T> {
        match read(self.get(column)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.refuse(column, why);
                None
            }
        }
    }

    /// What is no country is left out, with a warning: files say "Unspecified" and "European Community" there.
    fn country(&mut self) -> Option<Option<String>> {
        self.layout.place(ImportColumn::Country)?;
        let Some(text) = self.get(ImportColumn::Country) else {
            return Some(None);
        };
        match countries::code(text) {
            Some(code) => Some(Some(code)),
            None => {
                let shown = shorten(text);
                let why = Text::new(
                    format!("{shown:?} is not a country: left empty, here and wherever it comes again."),
                    format!("「{shown}」は国ではないため、この行以降も空欄にしました。"),
                );
                self.problems
                    .warning(self.line, self.layout.header(ImportColumn::Country), why);
                None
            }
        }
    }
}

/// Reads an order; problems when it cannot be read.
pub fn order_row(
    rules: &Rules,
    layout: &Layout,
    (line, cells): (u64, &StringRecord),
    problems: &mut Problems,
) -> Option<OrderRow> {
    use ImportColumn as C;
    let before = problems.errors;
    let mut row = Cells {
        layout,
        cells,
        line,
        problems,
    };
    let account = row.needed(C::Account, NAME_CHARS);
    let order = row.needed(C::Order, NAME_CHARS);
    let ordered_at = row.needed(C::OrderedAt, NAME_CHARS).and_then(|_| {
        row.read(C::OrderedAt, |text| {
            let at = instant(rules.times.instant(text)?);
            if is_plausible(at, rules.now) {
                Ok(at)
            } else {
                Err(implausible())
            }
        })
    });
    let currency = match row.get(C::Currency) {
        Some(_) => row.read(C::Currency, |text| {
            text.to_ascii_uppercase().parse().map_err(money_text)
        }),
        None => Some(rules.currency),
    };
    let amount = row
        .needed(C::Amount, NAME_CHARS)
        .zip(currency)
        .and_then(|(_, currency)| row.read(C::Amount, |text| Money::parse(text, currency).map_err(money_text)));
    let own_rate = row.read(C::Rate, |text| Rate::parse(text).map_err(money_text));
    let priced = amount.and_then(|amount| {
        // The rate of the whole file is for the rows that need one.
        let fixed = rules.rate.filter(|_| amount.currency != rules.tenant_currency);
        match price(amount, own_rate.or(fixed), rules.tenant_currency) {
            Ok(priced) => Some(priced),
            Err(refusal) => {
                let column = if matches!(refusal, NoPrice::RateNotOne) {
                    C::Rate
                } else {
                    C::Amount
                };
                row.refuse(column, refusal.text());
                None
            }
        }
    });
    let delivered_on = layout
        .place(C::DeliveredOn)
        .map(|_| row.read(C::DeliveredOn, |text| rules.times.day(text)));
    let note = row.optional(C::Note, NOTE_CHARS);
    let name = row.text(C::Name, NAME_CHARS);
    let country = row.country().flatten();
    let read = OrderRow {
        order: order?,
        account: account?,
        facts: OrderFacts {
            ordered_at: ordered_at?,
            priced: priced?,
            delivered_on,
            note,
        },
        name,
        country,
    };
    (problems.errors == before).then_some(read)
}

/// Reads an account; problems when it cannot be read.
pub fn account_row(
    rules: &Rules,
    layout: &Layout,
    (line, cells): (u64, &StringRecord),
    problems: &mut Problems,
) -> Option<AccountRow> {
    use ImportColumn as C;
    let before = problems.errors;
    let mut row = Cells {
        layout,
        cells,
        line,
        problems,
    };
    let account = row.needed(C::Account, NAME_CHARS);
    let name = row.needed(C::Name, NAME_CHARS);
    let owner = row.read(C::Owner, |text| {
        let found = rules.members.get(&text.to_lowercase()).copied();
        found.ok_or_else(|| {
            Text::fixed(
                "No member who may own accounts has this e-mail address.",
                "取引先を担当できるメンバーに、このメールアドレスの方はいません。",
            )
        })
    });
    let lifecycle = row.read(C::Lifecycle, |text| {
        text.to_ascii_uppercase().parse().map_err(|_| {
            Text::fixed(
                "Give PROSPECT, CUSTOMER or LOST.",
                "PROSPECT、CUSTOMER、LOSTのいずれかを指定してください。",
            )
        })
    });
    let name_kana = row.optional(C::NameKana, NAME_CHARS);
    let country = row.country();
    let industry = row.optional(C::Industry, NAME_CHARS);
    let segment = row.optional(C::Segment, NAME_CHARS);
    let acquisition_channel = row.optional(C::AcquisitionChannel, NAME_CHARS);
    let note = row.optional(C::Note, NOTE_CHARS);
    let read = AccountRow {
        account: account?,
        name: name?,
        name_kana,
        country,
        industry,
        segment,
        acquisition_channel,
        note,
        lifecycle,
        owner,
    };
    (problems.errors == before).then_some(read)
}

fn money_text(error: domain::money::MoneyError) -> Text {
    error.text()
}

fn implausible() -> Text {
    Text::fixed(
        "An order cannot have been placed then.",
        "注文日時として正しくありません。",
    )
}

/// What checking a file found.
#[derive(Debug, Default)]
pub struct Checked {
    /// How many rows it has, without the header.
    pub rows: i64,
    /// What is wrong with them.
    pub problems: Problems,
}

/// Checks a whole file: every row by itself, and that no number is used twice for different things.
pub fn check(rules: &Rules, bytes: &[u8]) -> Checked {
    let mut checked = Checked::default();
    let opened = Sheet::open(bytes)
        .and_then(|(headers, sheet)| Ok((Layout::find(rules.kind, headers, &rules.options.mapping)?, sheet)));
    let (layout, sheet) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            checked.problems.error(1, None, why);
            return checked;
        }
    };
    let key_column = match rules.kind {
        ImportKind::Orders => ImportColumn::Order,
        ImportKind::Accounts => ImportColumn::Account,
    };
    let mut seen: HashMap<String, (u64, u64)> = HashMap::new();
    for row in sheet {
        checked.rows += 1;
        let cells = match row.cells {
            Ok(cells) => cells,
            Err(why) => {
                checked.problems.error(row.line, None, why);
                continue;
            }
        };
        let Some((key, digest)) = keyed(rules, &layout, (row.line, &cells), &mut checked.problems) else {
            continue;
        };
        let (first, before) = *seen.entry(key).or_insert((row.line, digest));
        if before != digest {
            let why = Text::new(
                format!("Line {first} has the same number and says something else."),
                format!("{first}行目に同じ番号で内容の異なる行があります。"),
            );
            checked.problems.error(row.line, layout.header(key_column), why);
        }
    }
    checked
}

/// The row's external id, and a digest of all it says.
fn keyed(rules: &Rules, layout: &Layout, row: (u64, &StringRecord), problems: &mut Problems) -> Option<(String, u64)> {
    let mut hasher = DefaultHasher::new();
    let key = match rules.kind {
        ImportKind::Orders => {
            let row = order_row(rules, layout, row, problems)?;
            row.hash(&mut hasher);
            row.order
        }
        ImportKind::Accounts => {
            let row = account_row(rules, layout, row, problems)?;
            row.hash(&mut hasher);
            row.account
        }
    };
    Some((key, hasher.finish()))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
