//! The briefing as a page to print: two sides of A4. Everything is escaped by the template.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::calendar::tenant_day;
use domain::decision_path::Place;
use domain::handover::Continuity;
use domain::lang::{Lang, Text};
use domain::money::thousands_apart;
use domain::risk::{Factor, FactorKind};
use entity::{activity, contact, handover, member};
use maud::{DOCTYPE, Markup, html};
use uuid::Uuid;

use super::gather::Briefed;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::graphql::MoneyView;

/// Rows of each section, so that all of it fits on two sides.
const PEOPLE: usize = 10;
const TALKS: usize = 5;
const PROMISES: usize = 5;
const FOLLOW_UPS: usize = 5;
const PRODUCTS: usize = 10;
const PITFALLS: usize = 6;
const MISSING: usize = 5;
/// Characters of what somebody wrote.
const CHARS: usize = 120;
/// Characters of a post.
const POST_CHARS: usize = 48;

const STYLE: &str = "\
    @page { size: A4; margin: 14mm } \
    * { box-sizing: border-box } \
    body { font: 10.5pt/1.45 'Hiragino Sans', 'Noto Sans JP', 'Yu Gothic', system-ui, sans-serif; color: #1d1d1f; \
        max-width: 182mm; margin: 8mm auto; padding: 0 4mm } \
    h1 { font-size: 17pt; margin: 0 } \
    h2 { font-size: 11.5pt; margin: 5mm 0 1.5mm; border-bottom: 1px solid #b9bec6; break-after: avoid } \
    p, ul { margin: 1mm 0 } \
    ul { padding-left: 5mm } \
    .lead { color: #4a4f57 } \
    .figures { display: flex; gap: 6mm; margin: 3mm 0 } \
    .figures div { border-left: 3px solid #35507a; padding-left: 2.5mm } \
    .figures b { display: block; font-size: 13pt } \
    table { border-collapse: collapse; width: 100%; font-size: 9.5pt } \
    th, td { text-align: left; vertical-align: top; padding: .7mm 2mm .7mm 0; border-bottom: 1px solid #e3e6ea } \
    th { font-weight: 600; color: #4a4f57 } \
    tr { break-inside: avoid } \
    .unmet { color: #a03024; font-weight: 600 } \
    footer { margin-top: 5mm; font-size: 8.5pt; color: #6a6f77 } \
    @media print { body { margin: 0; padding: 0; max-width: none; font-size: 8.6pt; line-height: 1.3 } table { font-size: 8.2pt } \
        h1 { font-size: 14pt } h2 { font-size: 10pt; margin-top: 3mm } .figures { margin: 2mm 0 } .figures b { font-size: 11pt } }";

/// The page's words in both languages.
struct Words(Lang);

impl Words {
    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        self.0.say(en, ja)
    }

    fn text(&self, text: &Text) -> String {
        text.get(self.0).to_owned()
    }

    fn name(&self, family: &str, given: &str) -> String {
        match self.0 {
            Lang::En => format!("{given} {family}"),
            Lang::Ja => format!("{family} {given}"),
        }
    }

    fn member(&self, members: &HashMap<Uuid, member::Model>, id: Uuid) -> String {
        members
            .get(&id)
            .map_or_else(String::new, |row| self.name(&row.family_name, &row.given_name))
    }
}

/// The page.
pub fn html(
    ctx: &Ctx,
    handover: &handover::Model,
    briefed: &Briefed,
    proven: &Continuity,
    members: &HashMap<Uuid, member::Model>,
) -> Result<String> {
    let words = Words(ctx.request.lang);
    let zone = ctx.tenant()?.zone;
    let day = |at: DateTime<Utc>| tenant_day(at, zone).to_string();
    let account = &briefed.account;
    let title = match words.0 {
        Lang::En => format!("Briefing: {}", account.name),
        Lang::Ja => format!("引き継ぎ資料：{}", account.name),
    };
    let page = html! {
        (DOCTYPE)
        html lang=(words.say("en", "ja")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="robots" content="noindex";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p .lead {
                        (words.member(members, handover.from_member_id)) " → " (words.member(members, handover.to_member_id))
                        " · " (words.say("last day", "最終日")) " " (handover.last_day)
                        @if let Some(industry) = &account.industry { " · " (industry) }
                        @if let Some(segment) = &account.segment { " · " (segment) }
                    }
                }
                (figures(ctx, &words, briefed, proven)?)
                (people(&words, briefed, members, &day))
                (talks(&words, briefed, &day))
                (products(&words, briefed, &day))
                (pitfalls(&words, briefed))
                (calendar(&words, briefed))
                (missing(&words, briefed, proven))
                footer {
                    (words.say("Made on", "作成日")) " " (day(ctx.now)) " · "
                    (words.say("Shows what the member who asked for it may see.", "リンクを取得したメンバーの閲覧権限に基づく内容です。"))
                }
            }
        }
    };
    Ok(page.into_string())
}

fn figures(ctx: &Ctx, words: &Words, briefed: &Briefed, proven: &Continuity) -> Result<Markup> {
    let money = |minor: i64| -> Result<String> {
        let shown = MoneyView::from_minor(minor, &ctx.tenant()?.currency)?;
        Ok(format!("{} {}", thousands_apart(&shown.amount.0), shown.currency_code))
    };
    let value = money(briefed.account.value_sort)?;
    let assessed = briefed.assessed.as_ref();
    let risk = assessed.and_then(|assessed| assessed.probability);
    let at_risk = assessed
        .and_then(|assessed| assessed.revenue_at_risk_minor)
        .map(money)
        .transpose()?;
    Ok(html! {
        section .figures {
            div { (words.say("Sales, 12 months", "直近12か月の売上")) b { (value) } }
            div {
                (words.say("Risk of loss", "離反リスク"))
                b { @match risk {
                    Some(risk) => { (format!("{:.0}%", risk * 100.0)) }
                    None => { (words.say("unknown", "不明")) }
                } }
            }
            @if let Some(at_risk) = at_risk { div { (words.say("Revenue at risk", "リスク金額")) b { (at_risk) } } }
            div { (words.say("Continuity", "関係継続")) b { (proven.score) "/100" } }
        }
    })
}

fn people(
    words: &Words,
    briefed: &Briefed,
    members: &HashMap<Uuid, member::Model>,
    day: &impl Fn(DateTime<Utc>) -> String,
) -> Markup {
    let Some(laid) = &briefed.path else { return html! {} };
    let row = |place: &Place| -> Option<(contact::Model, usize, Option<String>)> {
        let contact = laid.people.get(&place.contact)?.clone();
        let met = place.met_by.first();
        let met = met.map(|met| format!("{} ({})", words.member(members, met.member), day(met.last_at)));
        Some((contact, place.level, met))
    };
    let rows: Vec<_> = laid.path.people.iter().take(PEOPLE).filter_map(row).collect();
    html! {
        h2 { (words.say("People, and who decides", "関係者と意思決定")) }
        @if laid.path.single_contact {
            p .unmet { (words.say("We have met one person there only.", "面識があるのは1名だけです。")) }
        }
        table {
            tr {
                th { (words.say("Name", "氏名")) } th { (words.say("Post", "役職")) } th { (words.say("Part", "役割")) }
                th { (words.say("Say", "発言力")) } th { (words.say("Met by, last", "面識（最終）")) }
            }
            @for (contact, level, met) in rows {
                tr {
                    td { @for _ in 0..level.min(6) { "– " } (words.name(&contact.family_name, &contact.given_name)) @if contact.is_key { " ★" } }
                    td { (cut(&format!("{} {}", contact.department.unwrap_or_default(), contact.title.unwrap_or_default()), POST_CHARS)) }
                    td { (role(words, &contact.decision_role)) }
                    td { (contact.say) }
                    @match met {
                        Some(met) => { td { (met) } }
                        None => { td .unmet { (words.say("nobody", "面識なし")) } }
                    }
                }
            }
        }
    }
}

fn role(words: &Words, role: &str) -> &'static str {
    match role {
        "DECIDER" => words.say("decides", "決裁者"),
        "INFLUENCER" => words.say("is listened to", "影響者"),
        "BUYER" => words.say("places orders", "発注担当"),
        "GATEKEEPER" => words.say("opens doors", "窓口"),
        _ => words.say("works with it", "利用者"),
    }
}

fn talks(words: &Words, briefed: &Briefed, day: &impl Fn(DateTime<Utc>) -> String) -> Markup {
    let line = |touch: &activity::Model, text: &str| html! { li { (day(touch.occurred_at)) " – " (short(text)) } };
    html! {
        h2 { (words.say("Last talked about", "直近のやり取り")) }
        @if briefed.talks.is_empty() { p { (words.say("Nothing is recorded.", "記録がありません。")) } }
        ul { @for touch in briefed.talks.iter().take(TALKS) { (line(touch, &touch.summary)) } }
        @if !briefed.promises.is_empty() {
            h2 { (words.say("Promised", "約束・次のアクション")) }
            ul { @for touch in briefed.promises.iter().take(PROMISES) { (line(touch, touch.next_step.as_deref().unwrap_or_default())) } }
        }
        @if !briefed.follow_ups.is_empty() {
            h2 { (words.say("Due next", "今後の予定")) }
            ul { @for due in briefed.follow_ups.iter().take(FOLLOW_UPS) {
                li { (due.due_on) " – " (short(&due.reason)) @if let Some(promised) = &due.promised { " (" (short(promised)) ")" } }
            } }
        }
    }
}

fn products(words: &Words, briefed: &Briefed, day: &impl Fn(DateTime<Utc>) -> String) -> Markup {
    if briefed.products.is_empty() {
        return html! {};
    }
    html! {
        h2 { (words.say("Supplied products (A)", "納入実績のある製品（A）")) }
        table {
            tr { th { (words.say("Product", "製品")) } th { (words.say("Orders", "注文回数")) } th { (words.say("Last", "最終注文日")) } }
            @for bought in briefed.products.iter().take(PRODUCTS) {
                tr { td { (bought.product.name) } td { (bought.supplied.lines) } td { (day(bought.supplied.last_at)) } }
            }
        }
    }
}

fn pitfalls(words: &Words, briefed: &Briefed) -> Markup {
    let note = briefed.account.note.as_deref().filter(|note| !note.trim().is_empty());
    let proven: Vec<&Factor> = proven(briefed).collect();
    if briefed.signals.is_empty() && proven.is_empty() && note.is_none() {
        return html! {};
    }
    html! {
        h2 { (words.say("Pitfalls", "注意点")) }
        ul {
            @if let Some(note) = note { li { (short(note)) } }
            @for signal in briefed.signals.iter().take(PITFALLS) {
                li { (signal.occurred_on) " – " (signal_text(words, &signal.kind)) @if !signal.note.is_empty() { ": " (short(&signal.note)) } }
            }
            @for factor in proven {
                li { @if let Some(since) = factor.since { (since) " – " } (words.text(&factor.kind.title())) }
            }
        }
    }
}

/// What the rows prove and nobody told: at most so much that all pitfalls fit.
fn proven(briefed: &Briefed) -> impl Iterator<Item = &Factor> {
    let told = |kind: FactorKind| briefed.signals.iter().any(|signal| signal.kind == kind.as_str());
    let factors = briefed.assessed.iter().flat_map(|assessed| &assessed.factors);
    factors
        .filter(move |factor| factor.kind.recordable() && factor.log_odds > 0.0 && !told(factor.kind))
        .take(PITFALLS.saturating_sub(briefed.signals.len()))
}

fn signal_text(words: &Words, kind: &str) -> String {
    kind.parse::<FactorKind>()
        .map_or_else(|_| kind.to_owned(), |kind| words.text(&kind.title()))
}

fn calendar(words: &Words, briefed: &Briefed) -> Markup {
    html! {
        @if !briefed.occasions.is_empty() {
            h2 { (words.say("Gifts and anniversaries", "贈答・記念日")) }
            ul { @for occasion in &briefed.occasions { li { (occasion.on) " – " (words.text(&occasion.kind.text())) } } }
        }
    }
}

fn missing(words: &Words, briefed: &Briefed, proven: &Continuity) -> Markup {
    let name = |id: Uuid| {
        let contact = briefed.path.as_ref().and_then(|laid| laid.people.get(&id));
        contact.map_or_else(String::new, |row| words.name(&row.family_name, &row.given_name))
    };
    let open: Vec<_> = proven.contacts.iter().filter(|one| !one.missing.is_empty()).collect();
    html! {
        @if !open.is_empty() {
            h2 { (words.say("What the handover still lacks", "引き継ぎで残っていること")) }
            ul { @for one in open.iter().take(MISSING) {
                li { (name(one.contact)) ": " @for proof in &one.missing { (words.text(&proof.text())) " " } }
            } }
        }
    }
}

/// As much of a text as there is room for.
fn short(text: &str) -> String {
    cut(text, CHARS)
}

fn cut(text: &str, most: usize) -> String {
    let mut chars = text.trim().chars();
    let shown: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() {
        format!("{shown}…")
    } else {
        shown
    }
}
