//! The page: one file that needs no other. Everything is escaped by the template.

use domain::backtest::{CURVE_NEEDS, LEAST_OUTCOMES, Verdict};
use domain::lang::{Lang, Text};
use domain::money::thousands_apart;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::charts;
use super::report::{Listed, MOST_LISTED, Report};
use super::words::{ahead, dated, pairs, reasons, unknown};

const STYLE: &str = include_str!("page.css");

/// The page of a report.
pub fn html(report: &Report, lang: Lang) -> String {
    let title = match lang {
        Lang::En => format!("Back-test: {}", report.file),
        Lang::Ja => format!("バックテスト：{}", report.file),
    };
    html! {
        (DOCTYPE)
        html lang=(lang.say("en", "ja")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p .lead { (lead(report, lang)) }
                }
                @match &report.test.verdict {
                    Some(verdict) => { (found(report, verdict, lang)) }
                    None => { p .verdict { (no_verdict(report, lang)) } }
                }
                (riskiest(report, lang))
                h2 { (lang.say("What this page cannot know", "このページで分からないこと")) }
                ul .unknown { @for one in unknown(report) { li { (text(&one, lang)) } } }
                (made(report, lang))
            }
        }
    }
    .into_string()
}

fn text(text: &Text, lang: Lang) -> String {
    text.get(lang).to_owned()
}

fn counted(count: impl ToString) -> String {
    thousands_apart(&count.to_string())
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

fn lead(report: &Report, lang: Lang) -> String {
    let (orders, clients) = (counted(report.orders), counted(report.clients));
    let (dated, days) = (dated(lang, report.first, report.as_of), report.test.horizon_days);
    match lang {
        Lang::En => format!(
            "{orders} orders of {clients} clients, {dated}. The question: who will not order in the next {days} days?"
        ),
        Lang::Ja => format!("{dated}、取引先{clients}社、受注{orders}件。今後{days}日間に受注がない取引先はどこか？"),
    }
}

fn no_verdict(report: &Report, lang: Lang) -> String {
    let days = report.test.horizon_days;
    match (lang, report.test.cuts.is_empty()) {
        (Lang::En, true) => format!(
            "These orders are too few days for a test: the model is asked at a day of the past, and that takes {days} days before it to learn \
             from and {days} days after it to see what came."
        ),
        (Lang::Ja, true) => format!(
            "期間が短いため検証できません。過去のある日について、その前{days}日間で学習し、その後{days}日間の結果と比べる必要があります。"
        ),
        (Lang::En, false) => format!(
            "Too little happened for a test: at least {LEAST_OUTCOMES} clients must have fallen silent, and {LEAST_OUTCOMES} gone on."
        ),
        (Lang::Ja, false) => {
            format!("離反した取引先と継続した取引先がそれぞれ{LEAST_OUTCOMES}社以上必要なため、検証できません。")
        }
    }
}

fn found(report: &Report, verdict: &Verdict, lang: Lang) -> Markup {
    let told = &verdict.discrimination;
    let skill = verdict.accuracy.skill();
    html! {
        section .figures {
            div { (lang.say("The riskiest fifth held", "リスク上位2割に含まれた離反先"))
                b { (percent(Report::in_the_first_fifth(verdict))) }
                (lang.say("of all who fell silent", "（偶然なら20%）")) }
            div { (lang.say("Pairs in the right order", "正しく順位付けできた組"))
                b { (percent(told.model.value)) }
                (format!("RFM {} · ", percent(told.rfm.value))) (lang.say("chance 50%", "偶然50%")) }
            div { (lang.say("Error of the probabilities", "確率の誤差"))
                b { (format!("{:+.0}%", -skill * 100.0)) }
                (lang.say("against telling everybody the average", "（全員に平均を当てはめた場合との比較）")) }
        }
        p .verdict { (text(&ahead(told), lang)) " " (text(&pairs(told), lang)) }
        section .charts {
            figure {
                @match &verdict.deciles {
                    Some(deciles) => {
                        (charts::calibration(lang, deciles))
                        figcaption { (lang.say(
                            "Did the probabilities come true? Each point is a tenth of the clients, from the safest to the riskiest, with what chance allows (95 %).",
                            "確率は当たったか。点は取引先の十分位（安全な順）、縦線は偶然の幅（95%）です。",
                        )) }
                    }
                    None => { p .none { (no_curve(report, lang)) } }
                }
            }
            figure {
                (charts::lift(lang, verdict))
                figcaption { (lang.say(
                    "Whom would a call list have found? Read: with the riskiest fifth of the clients called, so many of those who then fell silent were on the list.",
                    "電話リストで誰を見つけられたか。リスク上位2割に連絡した場合、その後離反した取引先のうちこれだけが含まれていました。",
                )) }
            }
        }
        @if let Some(deciles) = &verdict.deciles {
            details {
                summary { (lang.say("The same as a table", "表で見る")) }
                table {
                    tr {
                        th { (lang.say("Tenth", "十分位")) } th .n { (lang.say("Clients", "件数")) } th .n { (lang.say("Predicted", "予測")) }
                        th .n { (lang.say("Observed", "実績")) } th .n { (lang.say("95 % interval", "95%区間")) }
                    }
                    @for (place, bin) in deciles.iter().enumerate() {
                        tr {
                            td { (place + 1) } td .n { (counted(bin.cases)) } td .n { (percent(bin.predicted)) }
                            td .n { (percent(bin.observed())) } td .n { (percent(bin.low)) "–" (percent(bin.high)) }
                        }
                    }
                }
            }
        }
    }
}

fn no_curve(report: &Report, lang: Lang) -> String {
    let (silent, cases) = (report.test.silent(), report.test.cases());
    match lang {
        Lang::En => format!(
            "No curve of the probabilities: {silent} of {cases} fell silent, and it takes {CURVE_NEEDS} of each to say anything."
        ),
        Lang::Ja => format!(
            "確率の曲線は表示できません。{cases}件中{silent}件が離反しましたが、離反・継続それぞれ{CURVE_NEEDS}件以上が必要です。"
        ),
    }
}

fn riskiest(report: &Report, lang: Lang) -> Markup {
    let days = report.test.horizon_days;
    let at_risk = report.money(report.at_risk_minor);
    html! {
        h2 { (lang.say("Whom to call first", "最初に連絡すべき取引先")) }
        p { @match lang {
            Lang::En => { "Risk × what the client would buy in the next " (days) " days if it stays, the most first. All together: " b { (at_risk) } "." }
            Lang::Ja => { "リスク × 継続した場合の今後" (days) "日間の購入見込み額（大きい順）。合計：" b { (at_risk) } "。" }
        } }
        table .riskiest {
            tr {
                th { (lang.say("Client", "取引先")) } th { (lang.say("Last order", "最終受注日")) }
                th .n { (lang.say("Risk", "リスク")) } th .n { (lang.say("Revenue at risk", "リスク金額")) }
                th { (lang.say("Why", "理由")) }
            }
            @for one in &report.riskiest { (listed(report, one, lang)) }
        }
        p .small { @match lang {
            Lang::En => {
                "The first " (report.riskiest.len().min(MOST_LISTED)) " of " (counted(report.clients)) " clients. "
                (counted(report.lost)) " more have been silent for so long that no doubt is left (above 99 %): they are presumed lost and stand apart."
            }
            Lang::Ja => {
                (counted(report.clients)) "社中上位" (report.riskiest.len().min(MOST_LISTED)) "社。このほか" (counted(report.lost))
                "社は離反がほぼ確実（99%超）なため、別扱いとしています。"
            }
        } }
    }
}

fn listed(report: &Report, one: &Listed, lang: Lang) -> Markup {
    let risk = one.standing.assessment.probability.unwrap_or(0.0);
    let why = reasons(report, &one.standing);
    html! {
        tr {
            td { (one.name) }
            td .day { (one.last_order) }
            td .n { (percent(risk)) }
            td .n { (report.money(one.standing.at_risk_minor)) }
            td .why {
                @if why.is_empty() {
                    (lang.say("Nothing raises it: an average risk of much revenue", "平均的なリスクですが、金額が大きい取引先です"))
                }
                @for (place, reason) in why.iter().enumerate() {
                    @if place > 0 { (lang.say("; ", "、")) }
                    (text(reason, lang))
                }
            }
        }
    }
}

/// How it was made: enough to do it again.
fn made(report: &Report, lang: Lang) -> Markup {
    let test = &report.test;
    html! {
        h2 { (lang.say("How it was made", "算出方法")) }
        p { @match lang {
            Lang::En => {
                "The model was taken back to days of the past and asked there, each a horizon of " (test.horizon_days)
                " days before the other. At each it learned only from orders that had been placed by then, and was compared with what came after. \
                 Orders count on the day on which they were placed; those of one day are one; credit notes are not orders."
            }
            Lang::Ja => {
                "モデルを過去の日付（" (test.horizon_days) "日間隔）に戻し、その日までの受注だけで学習させて、その後の実績と比べました。\
                 受注は発生日で数え、同日の受注は1件とし、赤伝は受注に含めません。"
            }
        } }
        @if !test.cuts.is_empty() {
            table .cuts {
                tr {
                    th { (lang.say("Asked on", "検証日")) } th .n { (lang.say("Clients", "取引先")) }
                    th .n { (lang.say("Fell silent", "離反")) }
                }
                @for cut in &test.cuts {
                    tr { td .day { (cut.day) } td .n { (counted(cut.clients)) } td .n { (counted(cut.silent)) } }
                }
            }
        }
        p .small { (lang.say(
            "Silence by each client's own rhythm (MBG/CNBD-k: Reutterer, Platzer, Schröder 2021), the worth of orders by Gamma–Gamma (Fader, Hardie \
             2013). RFM: each client's class of five for how lately, how often and how much it bought, added up.",
            "各取引先の受注間隔はMBG/CNBD-k（Reutterer, Platzer, Schröder 2021）、受注額はGamma–Gamma（Fader, Hardie 2013）によります。\
             RFMは最終受注・頻度・金額をそれぞれ5段階に分けた合計です。",
        )) }
    }
}
