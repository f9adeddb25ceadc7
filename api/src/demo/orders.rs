//! Invented accounts and orders: a rhythm for each account, the same at every run.

use chrono::{DateTime, Duration, Utc};

use fastrand::Rng;

use super::company::{Filler, Sample, SampleAccount};

/// The accounts that only fill the lists: every first part with every second.
pub fn filler_accounts(filler: &Filler, dice: &mut Rng) -> Vec<SampleAccount> {
    let mut accounts = Vec::new();
    for first in &filler.first {
        for second in &filler.second {
            let joined =
                |index: usize, space: &str| Some(format!("{}{space}{}", first.get(index)?, second.get(index)?));
            let is_kana = first.len() > 1;
            let every_days = 10 + dice.u64(0..70);
            // Some stopped buying at a point in the past; some began late.
            let last_days_ago = if dice.u64(0..4) == 0 { dice.u64(0..600) } else { 0 };
            accounts.push(SampleAccount {
                key: format!("F{:03}", accounts.len() + 1),
                name: joined(0, if is_kana { "" } else { " " }).unwrap_or_default(),
                kana: joined(1, ""),
                industry: Some(filler.industries[accounts.len() % filler.industries.len()].clone()),
                segment: Some(["A", "B", "C"][accounts.len() % 3].to_owned()),
                country: None,
                owner: filler.owners[accounts.len() % filler.owners.len()].clone(),
                every_days,
                amount: filler.amount / 2 + dice.u64(0..filler.amount),
                first_days_ago: 250 + dice.u64(0..850),
                last_days_ago,
                contacts: Vec::new(),
            });
        }
    }
    accounts
}

/// CSV of the accounts, for the import.
pub fn accounts_csv(sample: &Sample, accounts: &[&SampleAccount]) -> String {
    let mut csv =
        String::from("external_id,name,name_kana,country,industry,segment,owner_email,lifecycle,acquisition_channel\n");
    for (place, account) in accounts.iter().enumerate() {
        let channel = sample.channels.get(place % sample.channels.len().max(1));
        let owner = sample.members.iter().find(|member| member.key == account.owner);
        let fields = [
            account.key.clone(),
            account.name.clone(),
            account.kana.clone().unwrap_or_default(),
            account.country.clone().unwrap_or_default(),
            account.industry.clone().unwrap_or_default(),
            account.segment.clone().unwrap_or_default(),
            owner.map(|member| sample.email(member)).unwrap_or_default(),
            "CUSTOMER".into(),
            channel.map(|channel| channel.name.clone()).unwrap_or_default(),
        ];
        csv.push_str(&fields.map(|field| format!("\"{field}\"")).join(","));
        csv.push('\n');
    }
    csv
}

/// CSV of the orders, for the import: each account buys at its rhythm, with some unrest.
pub fn orders_csv(accounts: &[&SampleAccount], now: DateTime<Utc>, dice: &mut Rng) -> String {
    let mut csv = String::from("customer_id,invoice_no,ts,amount\n");
    for account in accounts {
        let mut days_ago = account.first_days_ago;
        let mut number = 0;
        loop {
            number += 1;
            let day = now - Duration::days(i64::try_from(days_ago).unwrap_or(0));
            let amount = account.amount * (60 + dice.u64(0..80)) / 100;
            csv.push_str(&format!(
                "{},{}-{number:04},{} {:02}:{:02}:00,{amount}\n",
                account.key,
                account.key,
                day.format("%Y-%m-%d"),
                9 + dice.u64(0..8),
                dice.u64(0..60),
            ));
            let gap = (account.every_days / 2 + dice.u64(0..account.every_days)).max(1);
            if days_ago <= gap || days_ago - gap < account.last_days_ago.max(1) {
                break;
            }
            days_ago -= gap;
        }
    }
    csv
}
