//! Two drawings, as SVG that needs nothing else: predicted beside observed, and whom a list would have found.

use domain::backtest::Verdict;
use domain::lang::Lang;
use domain::skill::Bin;
use maud::{Markup, html};

use super::report::FIFTH;

/// Length of an axis, in units of the drawing.
const SIDE: f64 = 300.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;
const RIGHT: f64 = 16.0;
const QUARTERS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Where a share lies on the horizontal axis.
fn x(share: f64) -> String {
    format!("{:.1}", LEFT + share * SIDE)
}

/// Where a share lies on the vertical axis.
fn y(share: f64) -> String {
    format!("{:.1}", TOP + (1.0 - share) * SIDE)
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// Axes from 0 to 100 %, their names, and what is drawn between them.
fn square(label: &str, across: &str, up: &str, drawn: &Markup) -> Markup {
    let (width, height) = (LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM);
    let middle = TOP + SIDE / 2.0;
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(label) {
            @for share in QUARTERS {
                line .grid x1=(x(share)) x2=(x(share)) y1=(y(0.0)) y2=(y(1.0)) {}
                line .grid x1=(x(0.0)) x2=(x(1.0)) y1=(y(share)) y2=(y(share)) {}
                text .tick x=(x(share)) y=(TOP + SIDE + 16.0) text-anchor="middle" { (percent(share)) }
                text .tick x=(LEFT - 8.0) y=(y(share)) dy="4" text-anchor="end" { (percent(share)) }
            }
            (drawn)
            text .axis x=(x(0.5)) y=(TOP + SIDE + 37.0) text-anchor="middle" { (across) }
            text .axis x="12" y=(middle) text-anchor="middle" transform=(format!("rotate(-90 12 {middle})")) { (up) }
        }
    }
}

/// What was predicted, across, and what came, up, with the interval of each tenth.
pub fn calibration(lang: Lang, deciles: &[Bin]) -> Markup {
    let drawn = html! {
        line .chance x1=(x(0.0)) y1=(y(0.0)) x2=(x(1.0)) y2=(y(1.0)) {}
        text .note x=(x(0.66)) y=(y(0.66)) dy="-8" transform=(format!("rotate(-45 {} {})", x(0.66), y(0.66))) text-anchor="middle" {
            (lang.say("as predicted", "予測どおり"))
        }
        @for bin in deciles {
            line .bar x1=(x(bin.predicted)) x2=(x(bin.predicted)) y1=(y(bin.low)) y2=(y(bin.high)) {}
            circle .dot cx=(x(bin.predicted)) cy=(y(bin.observed())) r="4.5" {
                title { (percent(bin.predicted)) " → " (percent(bin.observed())) }
            }
        }
    };
    square(
        lang.say(
            "Predicted beside observed silence, by tenths of the clients",
            "離反の予測と実績（十分位別）",
        ),
        lang.say("predicted: no order", "予測した離反率"),
        lang.say("observed: no order came", "実際の離反率"),
        &drawn,
    )
}

/// With the riskiest called first: of those who fell silent, how many a list of each length would have held.
pub fn lift(lang: Lang, verdict: &Verdict) -> Markup {
    let at = FIFTH as f64 / verdict.gains.len().max(1) as f64;
    let found = verdict.gains.get(FIFTH - 1).copied().unwrap_or(0.0);
    let drawn = html! {
        line .chance x1=(x(0.0)) y1=(y(0.0)) x2=(x(1.0)) y2=(y(1.0)) {}
        polyline .rfm points=(points(&verdict.gains_of_rfm)) {}
        polyline .ours points=(points(&verdict.gains)) {}
        line .mark x1=(x(at)) x2=(x(at)) y1=(y(0.0)) y2=(y(found)) {}
        circle .dot cx=(x(at)) cy=(y(found)) r="4.5" {}
        text .said x=(x(at)) y=(y(found)) dx="-9" dy="-7" text-anchor="end" { (percent(found)) }
        // The names lie where no curve goes: below the line of chance.
        (key(0.30, ".ours", "Hikitsugi"))
        (key(0.22, ".rfm", lang.say("RFM classes", "RFM分析")))
        (key(0.14, ".chance", lang.say("by chance", "偶然")))
    };
    square(
        lang.say(
            "Share of all who fell silent, found with the riskiest called first",
            "リスクの高い順に連絡した場合に見つかる離反先の割合",
        ),
        lang.say("clients called, the riskiest first", "リスクの高い順に連絡した取引先"),
        lang.say("found of those who fell silent", "見つかった離反先"),
        &drawn,
    )
}

fn key(up: f64, class: &str, name: &str) -> Markup {
    html! {
        line class=(class.trim_start_matches('.')) x1=(x(0.62)) x2=(x(0.69)) y1=(y(up)) y2=(y(up)) {}
        text .note x=(x(0.71)) y=(y(up)) dy="4" { (name) }
    }
}

/// A curve from the corner through shares at even steps.
fn points(gains: &[f64]) -> String {
    let steps = gains.len().max(1) as f64;
    let of = gains
        .iter()
        .zip(1_u32..)
        .map(|(share, step)| (f64::from(step) / steps, *share));
    std::iter::once((0.0, 0.0))
        .chain(of)
        .map(|(across, up)| format!("{},{}", x(across), y(up)))
        .collect::<Vec<_>>()
        .join(" ")
}
