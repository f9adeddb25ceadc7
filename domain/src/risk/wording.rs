//! The factors and causes in words: what they are called, and what to do about them.

use super::factors::{Cause, FactorKind};
use crate::lang::Text;

impl FactorKind {
    /// What to call it.
    #[must_use]
    pub const fn title(self) -> Text {
        let (en, ja) = match self {
            Self::Silence => ("Time since the last order", "最終受注からの経過日数"),
            Self::Frequency => ("Order frequency", "受注頻度"),
            Self::OrderSize => ("Order size", "受注金額の規模"),
            Self::OrderTrend => ("Last order against the one before", "直近2回の受注額の変化"),
            Self::UnresolvedComplaint => (
                "Complaint unresolved or resolved late",
                "未解決または解決が遅れたクレーム",
            ),
            Self::ResolvedComplaint => ("Complaint resolved in time", "期限内に解決したクレーム"),
            Self::RepeatedComplaint => ("Second complaint within 90 days", "90日以内の再クレーム"),
            Self::KeyContactLeft => ("Key contact left", "キーパーソンの離任"),
            Self::SingleContact => ("Only one active contact", "接点が一人のみ"),
            Self::SingleContactLeft => (
                "Only one active contact, and a key contact left",
                "接点が一人のみで、キーパーソンが離任",
            ),
            Self::OwnRepChanged => ("Our representative changed", "当社担当者の交代"),
            Self::SuccessorNewHire => ("Successor is a new hire", "後任が新規採用者"),
            Self::LowSatisfaction => ("Low satisfaction", "満足度の低下"),
            Self::SlowReply => ("Slow replies", "回答の遅れ"),
            Self::CreditNotes => ("Many credit notes", "返金・値引きの多発"),
            Self::OverriddenFromAbove => ("Buyer overridden from above", "上層部による決定の覆し"),
            Self::PurchasingCentralised => ("Purchasing centralised", "購買の集約化"),
            Self::PolicyFreeze => ("Policy freeze", "社内方針による購買凍結"),
            Self::NewBroom => ("New broom", "新任者による方針転換"),
            Self::BudgetShock => ("Budget shock", "予算の急減"),
            Self::QualitySlipped => ("Quality slipped", "品質の低下"),
            Self::DeliveryInconsistent => ("Inconsistent delivery", "納品のばらつき"),
            Self::Chemistry => ("Chemistry", "担当者との相性"),
            Self::Competitor => ("Competitor", "競合他社の動き"),
            Self::Neglect => ("Neglect", "フォロー不足"),
            Self::OneOffNeed => ("One-off need", "一度限りの需要"),
            Self::SeasonalNeed => ("Seasonal need", "季節的な需要"),
        };
        Text::fixed(en, ja)
    }

    /// What to do about it.
    #[must_use]
    pub const fn advice(self) -> Text {
        let (en, ja) = match self {
            Self::Silence => (
                "Call the contact you know best and ask what has changed since the last order.",
                "最も親しい担当者に電話し、前回の受注以降に何が変わったかを伺いましょう。",
            ),
            Self::Frequency => (
                "Agree on a rhythm of small, regular orders.",
                "小口でも定期的にご注文いただけるリズムを相談しましょう。",
            ),
            Self::OrderSize => (
                "Show one further product that fits what they already buy.",
                "現在のご購入品に合う商品をもう一つ提案しましょう。",
            ),
            Self::OrderTrend => (
                "Ask why the last order was smaller, and who else was asked to quote.",
                "前回の受注が減った理由と、他社への見積もり依頼の有無を確認しましょう。",
            ),
            Self::UnresolvedComplaint => (
                "Name one person who puts it right, tell the client by when, and visit once it is done.",
                "解決の責任者を一人決めて期限をお伝えし、解決後は必ず訪問しましょう。",
            ),
            Self::ResolvedComplaint => (
                "Ask the client in person whether the matter is settled for them too.",
                "お客様にとっても本当に解決したかどうか、直接伺いましょう。",
            ),
            Self::RepeatedComplaint => (
                "Take your manager along, and show what now prevents a third time.",
                "上長とともに訪問し、再発防止策を具体的に示しましょう。",
            ),
            Self::KeyContactLeft => (
                "Ask the one who leaves for an introduction to the one who comes, and keep in touch with both.",
                "離任される方から後任の方を紹介していただき、双方との関係を保ちましょう。",
            ),
            Self::SingleContact => (
                "Get to know a second person, best of all your contact's manager.",
                "二人目の接点を作りましょう。担当者の上司が最適です。",
            ),
            Self::SingleContactLeft => (
                "Visit this week together with a manager: nobody there knows you.",
                "先方に当社を知る人がいません。今週中に上長と訪問しましょう。",
            ),
            Self::OwnRepChanged => (
                "Prove the handover: a joint meeting with each key contact, then a meeting alone.",
                "キーパーソンごとに同行訪問を行い、続いて後任が単独で訪問しましょう。",
            ),
            Self::SuccessorNewHire => (
                "Give the newcomer an experienced colleague for the first meetings.",
                "最初の数回の訪問には経験のある同僚を同行させましょう。",
            ),
            Self::LowSatisfaction => (
                "Ask which one thing to mend first, mend it, and report back.",
                "まず何を改善すべきかを一つ伺い、改善して結果を報告しましょう。",
            ),
            Self::SlowReply => (
                "Answer today, even if only with the day on which the full answer comes.",
                "本日中に返信しましょう。回答できる日をお伝えするだけでも構いません。",
            ),
            Self::CreditNotes => (
                "Go through the credit notes with the client and remove their commonest cause.",
                "返金・値引きの内容をお客様と確認し、最も多い原因を取り除きましょう。",
            ),
            Self::OverriddenFromAbove => (
                "Meet the one who decided; let your buyer make the introduction.",
                "ご担当者に紹介していただき、決定した方と面会しましょう。",
            ),
            Self::PurchasingCentralised => (
                "Find out who buys now and by which criteria, and have your users speak for you.",
                "新しい購買窓口と選定基準を確認し、現場の利用者から推薦していただきましょう。",
            ),
            Self::PolicyFreeze => (
                "Ask when the policy is reviewed, and put that day in the calendar.",
                "方針の見直し時期を伺い、その日を予定に入れましょう。",
            ),
            Self::NewBroom => (
                "Visit the newcomer early and ask for his goals before you present anything.",
                "新任の方を早めに訪問し、提案の前にまず目標を伺いましょう。",
            ),
            Self::BudgetShock => (
                "Offer a smaller order or a later date, and stay in touch until the next budget.",
                "小口の注文や時期の変更を提案し、次の予算まで連絡を続けましょう。",
            ),
            Self::QualitySlipped => (
                "Bring the cause and the remedy in writing, and check the next delivery yourself.",
                "原因と対策を書面で示し、次の納品はご自身で立ち会いましょう。",
            ),
            Self::DeliveryInconsistent => (
                "Promise only dates that hold, and warn before one slips.",
                "守れる納期だけを約束し、遅れそうなときは事前に連絡しましょう。",
            ),
            Self::Chemistry => (
                "Let a colleague who gets on with the contact take the lead.",
                "相性の良い同僚に主担当を任せることを検討しましょう。",
            ),
            Self::Competitor => (
                "Find out what the other one offers, and answer with what only you can do.",
                "競合の提案内容を把握し、当社にしかできない価値で応えましょう。",
            ),
            Self::Neglect => (
                "Make an appointment this week; come to listen, not to sell.",
                "今週中に面会の約束を取りましょう。売り込みではなく、お話を伺うためです。",
            ),
            Self::OneOffNeed => (
                "Ask for a referral, and note when the need could return.",
                "ご紹介をお願いし、次に需要が生じそうな時期を記録しましょう。",
            ),
            Self::SeasonalNeed => (
                "Get in touch two months before the season.",
                "需要期の2か月前に連絡しましょう。",
            ),
        };
        Text::fixed(en, ja)
    }
}

impl Cause {
    /// What to call it.
    #[must_use]
    pub const fn title(self) -> Text {
        let (en, ja) = match self {
            Self::OneOffNeed => ("One-off need", "一度限りの需要"),
            Self::SeasonalNeed => ("Seasonal need", "季節的な需要"),
            Self::BudgetShock => ("Budget shock", "予算の急減"),
            Self::QualitySlipped => ("Quality slipped", "品質の低下"),
            Self::DeliveryInconsistent => ("Inconsistent delivery", "納品のばらつき"),
            Self::BuyerChanged => ("Buyer changed", "先方担当者の交代"),
            Self::NewBroom => ("New broom", "新任者による方針転換"),
            Self::RepChanged => ("Our representative changed", "当社担当者の交代"),
            Self::Chemistry => ("Chemistry", "担当者との相性"),
            Self::OverriddenFromAbove => ("Buyer overridden from above", "上層部による決定の覆し"),
            Self::PurchasingCentralised => ("Purchasing centralised", "購買の集約化"),
            Self::PolicyFreeze => ("Policy freeze", "社内方針による購買凍結"),
            Self::Competitor => ("Competitor", "競合他社の動き"),
            Self::Neglect => ("Neglect", "フォロー不足"),
            Self::ServiceIncident => ("Service incident", "サービス上の不手際"),
            Self::Unknown => ("Unknown", "不明"),
        };
        Text::fixed(en, ja)
    }
}
