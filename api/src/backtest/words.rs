//! What is found, in the words of a sales manager.

use chrono::NaiveDate;
use domain::backtest::{Discrimination, Standing};
use domain::lang::{Lang, Text};
use domain::risk::FactorKind;

use super::report::Report;

/// Reasons at most for one client.
const MOST_REASONS: usize = 2;
/// What raises the score by less is no reason: two points are seven per cent of the odds.
const LEAST_POINTS: f64 = 2.0;
const WEEK_DAYS: f64 = 7.0;

/// From one day to another.
pub fn dated(lang: Lang, from: NaiveDate, to: NaiveDate) -> String {
    match lang {
        Lang::En => format!("{from} to {to}"),
        Lang::Ja => format!("{from}～{to}"),
    }
}

/// Whether the model is ahead of RFM, as far as these data can tell.
pub fn ahead(told: &Discrimination) -> Text {
    let by = &told.ahead_of_rfm;
    if by.low > 0.0 {
        Text::fixed(
            "On these orders Hikitsugi tells who falls silent better than RFM does.",
            "このデータでは、RFM分析よりも高い精度で離反を見分けました。",
        )
    } else if by.high < 0.0 {
        Text::fixed(
            "On these orders RFM tells who falls silent better than Hikitsugi does.",
            "このデータでは、RFM分析のほうが高い精度で離反を見分けました。",
        )
    } else {
        Text::fixed(
            "On these orders Hikitsugi and RFM tell who falls silent equally well: the difference may be chance.",
            "このデータでは、RFM分析と同程度の精度でした（差は偶然の範囲です）。",
        )
    }
}

/// How many pairs of a hundred the model puts in order.
pub fn pairs(told: &Discrimination) -> Text {
    let of_hundred = (told.model.value * 100.0).round();
    Text::new(
        format!(
            "Take one client who fell silent and one who went on: in {of_hundred} of 100 such pairs the model had called the right one riskier. \
             50 would be chance."
        ),
        format!(
            "離反した取引先と継続した取引先を1社ずつ選ぶと、100組中{of_hundred}組で離反側のリスクを高く評価していました（偶然なら50組）。"
        ),
    )
}

/// Why a client is at risk: what raises its score most, the strongest first.
pub fn reasons(report: &Report, standing: &Standing) -> Vec<Text> {
    let raising = standing
        .assessment
        .factors
        .iter()
        .filter(|factor| factor.points >= LEAST_POINTS);
    raising
        .take(MOST_REASONS)
        .map(|factor| reason(report, standing, factor.kind))
        .collect()
}

fn reason(report: &Report, standing: &Standing, kind: FactorKind) -> Text {
    let buying = &standing.buying;
    let rhythm = &buying.rhythm;
    match kind {
        FactorKind::Silence => {
            let silent = ((rhythm.age - rhythm.last) * WEEK_DAYS).round();
            if rhythm.repeats == 0 {
                return Text::new(
                    format!("Ordered once, {silent} days ago"),
                    format!("{silent}日前に一度だけ受注"),
                );
            }
            let usual = (rhythm.last * WEEK_DAYS / f64::from(rhythm.repeats)).round().max(1.0);
            let (every, each) = if usual > 1.0 {
                (format!("every {usual} days"), format!("平均{usual}日ごと"))
            } else {
                ("every day".to_owned(), "毎日".to_owned())
            };
            // Not silent for longer than usual: it is the rhythm itself that leaves room for no order.
            if silent <= usual {
                return Text::new(format!("Orders only {every}"), format!("受注間隔が長い（{each}）"));
            }
            Text::new(
                format!("Silent for {silent} days; ordered {every} before"),
                format!("{silent}日間受注なし（それまでは{each}）"),
            )
        }
        FactorKind::Frequency => {
            let orders = rhythm.repeats.saturating_add(1);
            Text::new(
                format!("Few orders so far: {orders}"),
                format!("受注回数が少ない（{orders}回）"),
            )
        }
        FactorKind::OrderSize => {
            let mean = report.money(buying.average.round() as i64);
            Text::new(
                format!("Small orders: {mean} on average"),
                format!("1回の受注額が小さい（平均{mean}）"),
            )
        }
        FactorKind::OrderTrend => {
            let ratio = (buying.last / buying.previous * 100.0).round().max(1.0);
            Text::new(
                format!("The last order was {ratio} % of the one before"),
                format!("直近の受注額が前回の{ratio}%"),
            )
        }
        other => other.title(),
    }
}

/// What the model cannot know, as far as it matters to this file.
pub fn unknown(report: &Report) -> Vec<Text> {
    let months = (report.as_of - report.first).num_days() / 30;
    let mut told = Vec::new();
    if months < 24 {
        told.push(Text::new(
            format!(
                "Seasons. These are {months} months of orders. A client who buys each spring looks silent every winter until a second \
                 spring is known."
            ),
            format!("季節性：データは{months}か月分です。毎年春に発注する取引先は、2回目の春が来るまで冬の間は離反したように見えます。"),
        ));
    }
    told.push(Text::fixed(
        "What people know. Only orders were read. A complaint, a buyer who left, a competitor at the door, a handover that went badly: in the \
         product they count, with weights that begin as a judgement, since no study has sized most of them. Here they count for nothing.",
        "人が知っていること：このページは受注データだけを使っています。クレーム、担当者の離任、競合の動き、引き継ぎの失敗などは製品版では反映されますが、\
         多くは研究による裏付けがなく、重みは経験則から始まります。ここでは考慮していません。",
    ));
    told.push(Text::new(
        format!(
            "Clients who ordered once. {} of {} did. Of them only the age of that order and the habits of the others are known.",
            report.once, report.clients
        ),
        format!(
            "一度だけの取引先：{}社中{}社です。その受注からの日数と、他社の傾向しか分かりません。",
            report.clients, report.once
        ),
    ));
    told.push(Text::fixed(
        "What has never happened yet. The days that were asked about lie in the past; a new price list, a new competitor or a bad year is in \
         none of them. The intervals say how far chance may reach, not what may change.",
        "まだ起きていないこと：検証した日はすべて過去のものです。価格改定や新たな競合、不況は含まれていません。区間は偶然の幅を示すもので、環境の変化は示しません。",
    ));
    told
}
