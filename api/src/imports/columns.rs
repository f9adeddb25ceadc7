//! Which column of a file holds what: said by a mapping, else guessed from the header.

use std::collections::BTreeMap;

use domain::import::ImportKind;
use domain::lang::Text;
use serde::{Deserialize, Serialize};

/// What a column of a file may hold.
#[derive(
    async_graphql::Enum,
    clap::ValueEnum,
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportColumn {
    /// The tenant's own number for the account. Needed.
    Account,
    /// Name of the account. Needed for accounts.
    Name,
    /// Reading of the name in kana. Accounts only.
    NameKana,
    /// Country of the account: a code of two letters, or a name.
    Country,
    /// The tenant's own number for the order. Orders only, needed.
    Order,
    /// Day, or day and time, of the order. Orders only, needed.
    OrderedAt,
    /// What the order is worth; negative for a credit note. Orders only, needed.
    Amount,
    /// Currency of the order, ISO 4217. Orders only.
    Currency,
    /// Tenant's currency per unit of the order's currency. Orders only.
    Rate,
    /// Day of delivery. Orders only.
    DeliveredOn,
    /// Industry of the account. Accounts only.
    Industry,
    /// Segment of the account. Accounts only.
    Segment,
    /// E-mail address of the member who is to own the account, when it is new. Accounts only.
    Owner,
    /// PROSPECT, CUSTOMER or LOST. Accounts only.
    Lifecycle,
    /// How the account was won. Accounts only.
    AcquisitionChannel,
    /// Anything else about the row.
    Note,
}

impl ImportColumn {
    /// The columns that a file of this kind may have.
    pub fn of_kind(kind: ImportKind) -> &'static [Self] {
        match kind {
            ImportKind::Orders => &[
                Self::Account,
                Self::Order,
                Self::OrderedAt,
                Self::Amount,
                Self::Currency,
                Self::Rate,
                Self::Name,
                Self::Country,
                Self::DeliveredOn,
                Self::Note,
            ],
            ImportKind::Accounts => &[
                Self::Account,
                Self::Name,
                Self::NameKana,
                Self::Country,
                Self::Industry,
                Self::Segment,
                Self::Owner,
                Self::Lifecycle,
                Self::AcquisitionChannel,
                Self::Note,
            ],
        }
    }

    fn is_needed(self, kind: ImportKind) -> bool {
        match kind {
            ImportKind::Orders => matches!(self, Self::Account | Self::Order | Self::OrderedAt | Self::Amount),
            ImportKind::Accounts => matches!(self, Self::Account | Self::Name),
        }
    }

    /// As the command line names it: `ordered-at`.
    pub fn name(self) -> String {
        use clap::ValueEnum;
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Well-known headers, folded as by [`folded`], best first.
    fn known_headers(self, kind: ImportKind) -> &'static [&'static str] {
        match self {
            Self::Account if kind == ImportKind::Accounts => &[
                "externalid",
                "accountid",
                "accountno",
                "accountnumber",
                "account",
                "customerid",
                "customerno",
                "customernumber",
                "customercode",
                "clientid",
                "id",
                "code",
                "取引先コード",
                "取引先id",
                "得意先コード",
                "顧客コード",
                "顧客id",
                "顧客番号",
            ],
            Self::Account => &[
                "customerid",
                "customerno",
                "customernumber",
                "customercode",
                "accountid",
                "accountno",
                "accountnumber",
                "account",
                "customer",
                "clientid",
                "client",
                "取引先コード",
                "取引先id",
                "得意先コード",
                "顧客コード",
                "顧客id",
                "顧客番号",
            ],
            Self::Name if kind == ImportKind::Accounts => &[
                "name",
                "accountname",
                "customername",
                "companyname",
                "company",
                "clientname",
                "取引先名",
                "得意先名",
                "顧客名",
                "会社名",
                "名称",
            ],
            Self::Name => &[
                "accountname",
                "customername",
                "companyname",
                "company",
                "clientname",
                "name",
                "取引先名",
                "得意先名",
                "顧客名",
                "会社名",
            ],
            Self::NameKana => &[
                "namekana",
                "kana",
                "reading",
                "フリガナ",
                "ふりがな",
                "カナ",
                "取引先名カナ",
                "会社名カナ",
            ],
            Self::Country => &["country", "countrycode", "国", "国名", "国コード"],
            Self::Order => &[
                "invoiceno",
                "invoicenumber",
                "invoiceid",
                "invoice",
                "orderno",
                "ordernumber",
                "orderid",
                "order",
                "externalid",
                "受注番号",
                "注文番号",
                "請求番号",
                "伝票番号",
            ],
            Self::OrderedAt => &[
                "orderedat",
                "ts",
                "timestamp",
                "orderdate",
                "ordertime",
                "invoicedate",
                "datetime",
                "date",
                "受注日時",
                "注文日時",
                "受注日",
                "注文日",
                "売上日",
                "日付",
            ],
            Self::Amount => &[
                "amount",
                "totalamount",
                "total",
                "ordertotal",
                "invoicetotal",
                "netamount",
                "受注金額",
                "売上金額",
                "合計金額",
                "金額",
                "合計",
            ],
            Self::Currency => &["currency", "currencycode", "通貨", "通貨コード"],
            Self::Rate => &["rate", "exchangerate", "fxrate", "為替レート", "レート"],
            Self::DeliveredOn => &["deliveredon", "deliverydate", "delivered", "納品日"],
            Self::Industry => &["industry", "業種"],
            Self::Segment => &["segment", "セグメント", "区分"],
            Self::Owner => &["owneremail", "owner", "salesrep", "担当者メール", "担当者"],
            Self::Lifecycle => &["lifecycle", "stage", "status", "ステージ"],
            Self::AcquisitionChannel => &["acquisitionchannel", "channel", "leadsource", "獲得経路"],
            Self::Note => &["note", "notes", "comment", "remarks", "備考", "メモ"],
        }
    }
}

/// What the header of a file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The headers, as the file has them.
    pub headers: Vec<String>,
    places: BTreeMap<ImportColumn, usize>,
}

/// Headers by what they hold, as a person said.
pub type Mapping = BTreeMap<ImportColumn, String>;

impl Layout {
    /// Finds the columns. `Err` says which are missing, and what the file has instead.
    pub fn find(kind: ImportKind, headers: Vec<String>, mapping: &Mapping) -> Result<Self, Text> {
        let allowed = ImportColumn::of_kind(kind);
        let mut places = BTreeMap::new();
        for (column, header) in mapping {
            if !allowed.contains(column) {
                return Err(Text::new(
                    format!("A file of this kind has no column {:?}.", column.name()),
                    format!("この種類のファイルに「{}」の列はありません。", column.name()),
                ));
            }
            places.insert(*column, place_of(&headers, header)?);
        }
        let folded: Vec<String> = headers.iter().map(|header| fold(header)).collect();
        for column in allowed.iter().filter(|column| !mapping.contains_key(column)) {
            let known = column.known_headers(kind).iter();
            let free = |place: &usize| !places.values().any(|taken| taken == place);
            let guess = known
                .filter_map(|name| folded.iter().position(|header| header == name))
                .find(free);
            if let Some(place) = guess {
                places.insert(*column, place);
            }
        }
        let missing: Vec<String> = allowed
            .iter()
            .filter(|column| column.is_needed(kind) && !places.contains_key(column))
            .map(|column| column.name())
            .collect();
        if !missing.is_empty() {
            let (missing, has) = (missing.join(", "), headers.join(", "));
            return Err(Text::new(
                format!("No column for {missing}: say which by a mapping. The file has: {has}."),
                format!("{missing} の列が見つかりません。対応する列を指定してください。ファイルの列：{has}"),
            ));
        }
        Ok(Self { headers, places })
    }

    /// Where a column is, if the file has it.
    pub fn place(&self, column: ImportColumn) -> Option<usize> {
        self.places.get(&column).copied()
    }

    /// The header of a column, if the file has it.
    pub fn header(&self, column: ImportColumn) -> Option<&str> {
        self.place(column)
            .and_then(|place| self.headers.get(place))
            .map(String::as_str)
    }
}

fn place_of(headers: &[String], wanted: &str) -> Result<usize, Text> {
    let wanted = wanted.trim();
    let mut places = headers
        .iter()
        .enumerate()
        .filter(|(_, header)| *header == wanted)
        .map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(Text::new(
            format!("The file has two columns {wanted:?}."),
            format!("「{wanted}」の列が2つあります。"),
        )),
        (None, _) => {
            let has = headers.join(", ");
            Err(Text::new(
                format!("The file has no column {wanted:?}. It has: {has}."),
                format!("「{wanted}」の列がありません。ファイルの列：{has}"),
            ))
        }
    }
}

/// `Invoice No.` and `invoice_no` are one.
fn fold(header: &str) -> String {
    header
        .chars()
        .filter(|character| character.is_alphanumeric() || *character == 'ー')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    fn mapping(pairs: &[(ImportColumn, &str)]) -> Mapping {
        pairs
            .iter()
            .map(|(column, header)| (*column, (*header).to_owned()))
            .collect()
    }

    #[test]
    fn well_known_headers_are_found() {
        let file = headers("customer_id,invoice_no,ts,amount,lines,units,country");
        let layout = Layout::find(ImportKind::Orders, file, &Mapping::new()).unwrap();
        assert_eq!(layout.place(ImportColumn::Account), Some(0));
        assert_eq!(layout.place(ImportColumn::Order), Some(1));
        assert_eq!(layout.place(ImportColumn::OrderedAt), Some(2));
        assert_eq!(layout.place(ImportColumn::Amount), Some(3));
        assert_eq!(layout.place(ImportColumn::Country), Some(6));
        assert_eq!(layout.place(ImportColumn::Currency), None);

        let file = headers("得意先コード,受注番号,受注日,受注金額");
        assert!(Layout::find(ImportKind::Orders, file, &Mapping::new()).is_ok());
        let file = headers("Invoice No.,Customer ID,Invoice Date,TOTAL");
        assert!(Layout::find(ImportKind::Orders, file, &Mapping::new()).is_ok());
    }

    #[test]
    fn a_mapping_goes_before_guesses() {
        let file = headers("customer_id,buyer,invoice_no,ts,amount");
        let layout = Layout::find(
            ImportKind::Orders,
            file.clone(),
            &mapping(&[(ImportColumn::Account, "buyer")]),
        );
        assert_eq!(layout.unwrap().place(ImportColumn::Account), Some(1));
        // A column that a mapping took is not guessed for another.
        let taken = Layout::find(ImportKind::Orders, file, &mapping(&[(ImportColumn::Note, "amount")]));
        assert!(taken.unwrap_err().en.starts_with("No column for amount"));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let file = headers("customer_id,ts");
        let missing = Layout::find(ImportKind::Orders, file.clone(), &Mapping::new()).unwrap_err();
        assert!(missing.en.starts_with("No column for order, amount:"), "{}", missing.en);
        let unknown = Layout::find(
            ImportKind::Orders,
            file.clone(),
            &mapping(&[(ImportColumn::Order, "x")]),
        );
        assert!(unknown.unwrap_err().en.contains("no column \"x\""));
        let twice = Layout::find(
            ImportKind::Accounts,
            headers("id,id,name"),
            &mapping(&[(ImportColumn::Account, "id")]),
        );
        assert!(twice.unwrap_err().en.contains("two columns"));
        let foreign = Layout::find(
            ImportKind::Accounts,
            headers("id,name"),
            &mapping(&[(ImportColumn::Amount, "id")]),
        );
        assert!(foreign.unwrap_err().en.contains("\"amount\""));
    }
}
