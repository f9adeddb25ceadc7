//! What happened lately in a sample company: a departure under way, a buyer rotated, a delivery gone wrong.

use std::sync::Arc;

use chrono::{Datelike, Duration, Weekday};
use serde_json::{Value, json};

use super::change;
use super::company::{Made, Sample, days_ago};
use crate::app::App;
use crate::error::Result;

/// Tells the story of the company, as far as its people and accounts are there.
pub async fn tell(app: &Arc<App>, sample: &Sample, made: &Made) -> Result<()> {
    match sample.domain.as_str() {
        "shinonome.example" => {
            departure(app, made).await?;
            rotated_buyer(app, made).await?;
            bad_delivery(app, made).await
        }
        "meridian.example" => {
            own_steps(app, made).await?;
            buyer_moved(app, made).await?;
            quiet_hotel(app, made).await
        }
        _ => first_meeting(app, made).await,
    }
}

/// Inoue leaves in three weeks: his accounts pass to Kobayashi and Yamaguchi, and so does what he has promised. The briefing
/// and one introduction have happened.
async fn departure(app: &Arc<App>, made: &Made) -> Result<()> {
    let trial =
        json!({ "contactId": made.contacts["mori"], "talkedAbout": "来月の増産", "promised": "増産分の見積もり" });
    follow_up(
        app,
        made,
        ("inoue", "tanaka"),
        -12,
        with(trial, json!({ "reason": "増産の見積もりのご返事を伺う" })),
    )
    .await?;
    follow_up(
        app,
        made,
        ("inoue", "hokuto"),
        -30,
        json!({ "reason": "年度予算について伺う" }),
    )
    .await?;
    let successors = [("tanaka", "kobayashi"), ("hokuto", "yamaguchi")]
        .map(|(account, to)| json!({ "accountId": made.accounts[account], "toMemberId": made.members[to] }));
    let input = json!({
        "memberId": made.members["inoue"], "lastDay": working_day(app, -21), "reason": "退職",
        "note": "井上さんの退職（社内公表済み）", "successors": successors,
    });
    change(
        made.as_member(app, "tamura")?,
        days_ago(app, 9),
        "departurePlan",
        input,
        "departure { id }",
    )
    .await?;
    let briefing = touch(
        app,
        made,
        "tanaka",
        "MEETING",
        5,
        &[],
        "引き継ぎ資料をもとに打ち合わせ。",
    );
    let briefing = with(briefing, json!({ "withMemberIds": [made.members["kobayashi"]] }));
    record(app, made, "inoue", 5, briefing).await?;
    let meeting = touch(
        app,
        made,
        "tanaka",
        "JOINT_MEETING",
        3,
        &["mori"],
        "後任の小林を紹介。来月の増産について伺った。",
    );
    let meeting = with(
        meeting,
        json!({ "withMemberIds": [made.members["kobayashi"]], "nextStep": "増産分の見積もりを送る" }),
    );
    record(app, made, "inoue", 3, meeting).await?;
    let call = touch(
        app,
        made,
        "tanaka",
        "CALL",
        1,
        &["mori"],
        "森部長より納期の確認のお電話。",
    );
    record(app, made, "kobayashi", 1, with(call, json!({ "startedBy": "CONTACT" }))).await
}

/// The plant manager of Miyabi rotated; nobody has met the new one, and orders stopped.
async fn rotated_buyer(app: &Arc<App>, made: &Made) -> Result<()> {
    let left = days_ago(app, 60).date_naive();
    let visit = touch(app, made, "miyabi", "MEETING", 150, &["endo"], "夏の増産計画を伺った。");
    record(app, made, "kobayashi", 150, visit).await?;
    let input = json!({
        "leavingContactId": made.contacts["endo"], "kind": "ROTATED", "occurredOn": left,
        "arrivingContactId": made.contacts["oonishi"], "note": "遠藤工場長が定期異動で転出。後任の大西工場長とは未面談。",
    });
    change(
        made.as_member(app, "kobayashi")?,
        days_ago(app, 55),
        "buyerChangeRecord",
        input,
        "buyerChange { id }",
    )
    .await?;
    let note = "新工場長は取引先を見直す方針とのこと";
    signal(app, made, "kobayashi", "miyabi", "NEW_BROOM", 40, note).await
}

/// A delivery to Suruga arrived late and damaged; the complaint is open.
async fn bad_delivery(app: &Arc<App>, made: &Made) -> Result<()> {
    let review = touch(
        app,
        made,
        "suruga",
        "DELIVERY_REVIEW",
        12,
        &["nomura"],
        "バルブ2台が破損、納品も3日遅れ。強くお叱りを受けた。",
    );
    record(app, made, "yamaguchi", 12, review).await?;
    signal(
        app,
        made,
        "yamaguchi",
        "suruga",
        "UNRESOLVED_COMPLAINT",
        12,
        "破損品の交換と再発防止策を求められている",
    )
    .await
}

/// Meridian has steps of its own: two weeks of notice are the rule there.
async fn own_steps(app: &Arc<App>, made: &Made) -> Result<()> {
    let steps = json!([
        { "kind": "BRIEFING", "title": "Samples, prices and people" },
        { "kind": "INTRODUCTION" },
        { "kind": "SOLO_MEETING", "afterDays": 10 },
        { "kind": "CHECK", "title": "First order with the new owner", "afterDays": 21 },
        { "kind": "CHECK_90", "afterDays": 90 },
    ]);
    let input = json!({ "version": 0, "template": { "noticeDays": 14, "steps": steps } });
    let admin = made.as_member(app, "amelia")?;
    change(
        admin,
        days_ago(app, 50),
        "handoverTemplateSet",
        input,
        "template { version }",
    )
    .await?;
    Ok(())
}

/// The buyer of one client has gone to another: whoever knows him there has him on record here.
async fn buyer_moved(app: &Arc<App>, made: &Made) -> Result<()> {
    let input = json!({
        "leavingContactId": made.contacts["brandt"], "kind": "QUIT", "occurredOn": days_ago(app, 25).date_naive(),
        "movedToAccountId": made.accounts["osprey"], "note": "Went to Osprey's head office.",
    });
    let who = made.as_member(app, "david")?;
    change(who, days_ago(app, 24), "buyerChangeRecord", input, "buyerChange { id }").await?;
    let next = json!({ "reason": "Ask Reid about the June order", "talkedAbout": "The spring menus" });
    follow_up(app, made, ("tom", "osprey"), -4, next).await
}

/// A hotel group has gone quiet, and a competitor was seen there.
async fn quiet_hotel(app: &Arc<App>, made: &Made) -> Result<()> {
    let lunch = touch(
        app,
        made,
        "osprey",
        "MEETING",
        100,
        &["reid"],
        "Talked about the spring menus.",
    );
    record(app, made, "tom", 100, lunch).await?;
    let voicemail = touch(
        app,
        made,
        "osprey",
        "VOICEMAIL",
        20,
        &["reid"],
        "Asked about the June order.",
    );
    record(app, made, "tom", 20, voicemail).await?;
    signal(
        app,
        made,
        "tom",
        "osprey",
        "COMPETITOR",
        30,
        "Their lobby bar now serves another roaster's coffee.",
    )
    .await?;
    let call = touch(
        app,
        made,
        "tanakagmbh",
        "CALL",
        6,
        &["vogel"],
        "Confirmed the August volumes.",
    );
    record(app, made, "priya", 6, call).await
}

async fn first_meeting(app: &Arc<App>, made: &Made) -> Result<()> {
    let visit = touch(
        app,
        made,
        "lumiere",
        "MEETING",
        15,
        &["petit"],
        "Showed the new indigo samples.",
    );
    record(app, made, "claire", 15, visit).await
}

fn touch(app: &App, made: &Made, account: &str, kind: &str, days: i64, contacts: &[&str], summary: &str) -> Value {
    let contacts: Vec<&String> = contacts.iter().map(|contact| &made.contacts[*contact]).collect();
    json!({
        "accountId": made.accounts[account], "kind": kind, "occurredAt": days_ago(app, days),
        "contactIds": contacts, "summary": summary,
    })
}

fn with(mut input: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut input, more) {
        fields.extend(more);
    }
    input
}

async fn record(app: &Arc<App>, made: &Made, who: &str, days: i64, input: Value) -> Result<()> {
    let at = days_ago(app, days) + Duration::hours(1);
    change(
        made.as_member(app, who)?,
        at,
        "activityRecord",
        input,
        "activity { id }",
    )
    .await?;
    Ok(())
}

/// A follow-up of a member, due so many days ago (negative: ahead).
async fn follow_up(app: &Arc<App>, made: &Made, (who, account): (&str, &str), days: i64, more: Value) -> Result<()> {
    let input = json!({ "accountId": made.accounts[account], "dueOn": working_day(app, days) });
    let who = made.as_member(app, who)?;
    change(
        who,
        days_ago(app, 20),
        "followUpCreate",
        with(input, more),
        "followUp { id }",
    )
    .await?;
    Ok(())
}

async fn signal(
    app: &Arc<App>,
    made: &Made,
    who: &str,
    account: &str,
    kind: &str,
    days: i64,
    note: &str,
) -> Result<()> {
    let at = days_ago(app, days);
    let input = json!({
        "accountId": made.accounts[account], "kind": kind, "occurredOn": at.date_naive(), "note": note,
    });
    change(made.as_member(app, who)?, at, "signalRecord", input, "signal { id }").await?;
    Ok(())
}

/// The working day on or before that many days ago (negative: ahead).
fn working_day(app: &App, days: i64) -> chrono::NaiveDate {
    let mut day = days_ago(app, days).date_naive();
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        day -= Duration::days(1);
    }
    day
}
