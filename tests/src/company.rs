//! A company with its people and one of everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::app::App;
use api::imports::service::{ImportRequest, import_now};
use api::platform::Ctx;
use api::platform::auth::tenant_settings;
use api::platform::graphql::any_id;
use domain::import::ImportKind;
use entity::{member, membership_index, user};
use sea_orm::Set;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::TestApp;
use crate::client::Client;

/// One of the company's people.
#[derive(Clone, Debug)]
pub struct Person {
    pub member: Uuid,
    pub user: Uuid,
    pub email: String,
    pub role: &'static str,
}

impl Person {
    pub fn id(&self) -> String {
        any_id("mem", self.member)
    }
}

/// A company: an admin, a manager with two reps below him, an observer, and one account owned by the first rep.
pub struct Company {
    pub id: Uuid,
    pub name: String,
    pub admin: Person,
    pub manager: Person,
    pub rep: Person,
    pub other_rep: Person,
    pub observer: Person,
    pub account: Uuid,
}

impl Company {
    pub async fn create(app: &Arc<App>, name: &str) -> Self {
        let (id, admin) = crate::fixtures::tenant(app, name).await;
        let ctx = system(app, id).await;
        let hash = crate::fixtures::password_hash(app).await;
        let tx = ctx.write().await.unwrap();
        let mut people = Vec::new();
        for (given, role, manager) in [
            ("manager", "MANAGER", None),
            ("rep", "REP", Some(0)),
            ("other", "REP", Some(0)),
            ("observer", "OBSERVER", None),
        ] {
            let manager = manager
                .map(|index: usize| -> &Person { &people[index] })
                .map(|manager| manager.member);
            let person = Person {
                member: Uuid::now_v7(),
                user: Uuid::now_v7(),
                email: format!("{given}@{}.example", name.to_lowercase()),
                role,
            };
            tx.global()
                .insert(user::ActiveModel {
                    id: Set(person.user),
                    email: Set(person.email.clone()),
                    password_hash: Set(Some(hash.clone())),
                    family_name: Set(name.into()),
                    given_name: Set(given.into()),
                    family_kana: Set(None),
                    given_kana: Set(None),
                    created_at: Set(ctx.now),
                })
                .await
                .unwrap();
            tx.insert(member::ActiveModel {
                tenant_id: Set(id),
                id: Set(person.member),
                user_id: Set(person.user),
                role: Set(role.into()),
                manager_id: Set(manager),
                family_name: Set(name.into()),
                given_name: Set(given.into()),
                family_kana: Set(None),
                given_kana: Set(None),
                sort_key: Set(format!("{} {given}", name.to_lowercase())),
                email: Set(person.email.clone()),
                country: Set("JP".into()),
                time_zone: Set("Asia/Tokyo".into()),
                joined_on: Set(ctx.today().unwrap()),
                last_day: Set(None),
                ended_at: Set(None),
                version: Set(1),
                created_at: Set(ctx.now),
            })
            .await
            .unwrap();
            tx.global()
                .insert(membership_index::ActiveModel {
                    user_id: Set(person.user),
                    tenant_id: Set(id),
                    member_id: Set(person.member),
                })
                .await
                .unwrap();
            people.push(person);
        }
        tx.commit().await.unwrap();
        let [manager, rep, other_rep, observer] = people.try_into().unwrap();
        let account = crate::fixtures::account(&ctx, &format!("{name} Client"), rep.member).await;
        Self {
            id,
            name: name.to_owned(),
            admin,
            manager,
            rep,
            other_rep,
            observer,
            account,
        }
    }

    pub fn tenant_id(&self) -> String {
        any_id("tnt", self.id)
    }

    pub fn account_id(&self) -> String {
        any_id("acct", self.account)
    }

    /// Signs one of its people in.
    pub async fn client(&self, app: &TestApp, person: &Person) -> Client {
        app.sign_in(&person.email, &self.tenant_id()).await
    }

    /// The system itself in this company.
    pub async fn system(&self, app: &Arc<App>) -> Ctx {
        system(app, self.id).await
    }

    /// Imports a file of orders, which does not fail; those of a `backfill` count as known since they were placed.
    pub async fn import_orders(&self, app: &TestApp, csv: String, backfill: bool) {
        let ctx = self.system(&app.app).await;
        let request = ImportRequest {
            backfill,
            ..ImportRequest::of(ImportKind::Orders)
        };
        let run = import_now(&ctx, "orders.csv", csv.into_bytes(), &request)
            .await
            .unwrap();
        assert_eq!(run.status, "DONE", "{}", run.problems);
    }

    pub fn people(&self) -> [&Person; 5] {
        [&self.admin, &self.manager, &self.rep, &self.other_rep, &self.observer]
    }

    /// Makes one of everything that has an id, over the API, and gives the ids by prefix.
    pub async fn furnish(&self, app: &TestApp) -> Ids {
        let admin = self.client(app, &self.admin).await;
        let account = self.account_id();
        let mut ids = BTreeMap::from([
            ("tnt", self.tenant_id()),
            ("mem", self.rep.id()),
            ("acct", account.clone()),
        ]);
        let made = async |field: &str, input_type: &str, input: Value, thing: &str| -> String {
            let payload = admin
                .change(field, input_type, input, &format!("{thing} {{ id }}"))
                .await;
            payload[thing]["id"].as_str().unwrap().to_owned()
        };
        let other = json!({ "name": "Other client" });
        ids.insert(
            "acct2",
            made("accountCreate", "AccountCreateInput", other, "account").await,
        );
        let contact = json!({ "accountId": account, "familyName": "Sato", "givenName": "Mio",
            "decisionRole": "BUYER", "say": 60, "isKey": true });
        ids.insert(
            "cont",
            made("contactCreate", "ContactCreateInput", contact, "contact").await,
        );
        let activity = json!({ "accountId": account, "kind": "CALL", "occurredAt": "2026-01-05T01:00:00Z",
            "summary": "Called", "contactIds": [ids["cont"]] });
        ids.insert(
            "act",
            made("activityRecord", "ActivityRecordInput", activity, "activity").await,
        );
        let due = (app.app.clock.now() + chrono::Duration::days(9)).date_naive();
        let follow_up = json!({ "accountId": account, "contactId": ids["cont"], "dueOn": due, "reason": "Ask again" });
        ids.insert(
            "fup",
            made("followUpCreate", "FollowUpCreateInput", follow_up, "followUp").await,
        );
        let product = json!({ "code": "P-1", "name": "Pump" });
        ids.insert(
            "prod",
            made("productCreate", "ProductCreateInput", product, "product").await,
        );
        let order = json!({ "accountId": account, "placedAt": "2026-01-06T01:00:00Z",
            "amount": { "amount": "1200", "currencyCode": "JPY" } });
        ids.insert("ord", made("orderCreate", "OrderCreateInput", order, "order").await);
        let signal =
            json!({ "accountId": account, "kind": "COMPETITOR", "occurredOn": "2026-01-07", "note": "Seen there" });
        ids.insert("sig", made("signalRecord", "SignalRecordInput", signal, "signal").await);
        let last_day = (app.app.clock.now() + chrono::Duration::days(30)).date_naive();
        let handover = json!({ "accountId": account, "toMemberId": self.other_rep.id(), "lastDay": last_day,
            "reason": "ROTATION" });
        ids.insert(
            "hand",
            made("handoverPlan", "HandoverPlanInput", handover, "handover").await,
        );
        let departure =
            json!({ "memberId": self.observer.id(), "kind": "ROTATING", "lastDay": last_day, "reason": "ROTATION" });
        ids.insert(
            "dep",
            made("departurePlan", "DeparturePlanInput", departure, "departure").await,
        );
        let gone = json!({ "accountId": account, "familyName": "Ono", "givenName": "Ken" });
        let gone = made("contactCreate", "ContactCreateInput", gone, "contact").await;
        let change = json!({ "leavingContactId": gone, "kind": "ROTATED", "occurredOn": "2026-01-09" });
        ids.insert(
            "bchg",
            made("buyerChangeRecord", "BuyerChangeRecordInput", change, "buyerChange").await,
        );
        let loss = json!({ "accountId": ids["acct2"], "lostOn": "2026-01-10", "learned": "Too dear",
            "causes": [{ "cause": "COMPETITOR", "percent": 100 }] });
        ids.insert("loss", made("lossRecord", "LossRecordInput", loss, "loss").await);
        let invitation = json!({ "email": "new@example.com", "role": "REP" });
        ids.insert(
            "inv",
            made("memberInvite", "MemberInviteInput", invitation, "invitation").await,
        );
        let client = json!({ "name": "Partner", "scopes": ["ACCOUNTS_READ"] });
        ids.insert(
            "acli",
            made("apiClientCreate", "ApiClientCreateInput", client, "apiClient").await,
        );
        let upload = admin
            .http(reqwest::Method::POST, "/uploads?name=orders.csv")
            .body("customer_id,invoice_no,ts,amount\nC1,I1,2026-01-05 10:00:00,100\n")
            .send()
            .await
            .unwrap();
        let upload: Value = upload.json().await.unwrap();
        ids.insert(
            "upl",
            upload["uploadId"]
                .as_str()
                .unwrap_or_else(|| panic!("{upload}"))
                .to_owned(),
        );
        let import = json!({ "uploadId": ids["upl"], "kind": "ORDERS", "dryRun": false });
        ids.insert("imp", made("importStart", "ImportStartInput", import, "import").await);
        let viewer = admin.ok("{ viewer { sessions { id } } }", json!({})).await;
        ids.insert(
            "sess",
            viewer["viewer"]["sessions"][0]["id"].as_str().unwrap().to_owned(),
        );
        app.drain().await;
        Ids(ids)
    }

    /// Makes the contact a key contact, and has both members of the handover meet him: the activity is now that meeting.
    pub async fn introduce(&self, app: &TestApp, ids: &mut Ids) {
        let admin = self.client(app, &self.admin).await;
        let contact = admin
            .ok(
                "query($id: ID!) { contact(id: $id) { version } }",
                json!({ "id": ids.get("cont") }),
            )
            .await;
        let key = json!({ "id": ids.get("cont"), "version": contact["contact"]["version"], "isKey": true, "say": 100 });
        admin
            .change("contactUpdate", "ContactUpdateInput", key, "contact { id }")
            .await;
        let met = json!({ "accountId": ids.get("acct"), "kind": "JOINT_MEETING", "occurredAt": app.app.clock.now(),
            "memberId": self.rep.id(), "withMemberIds": [self.other_rep.id()], "contactIds": [ids.get("cont")],
            "startedBy": "US", "summary": "Met.", "nextStep": "Call", "satisfaction": 4, "externalId": "X-2" });
        let met = admin
            .change("activityRecord", "ActivityRecordInput", met, "activity { id }")
            .await;
        let id = met["activity"]["id"].as_str().unwrap().to_owned();
        ids.0.insert("act", id);
        app.drain().await;
    }
}

async fn system(app: &Arc<App>, tenant: Uuid) -> Ctx {
    let settings = tenant_settings(app, tenant).await.unwrap().unwrap();
    Ctx::system(Arc::clone(app), settings)
}

/// Ids by their prefix.
#[derive(Clone, Debug)]
pub struct Ids(pub BTreeMap<&'static str, String>);

impl Ids {
    /// Well-formed ids of the same kinds that were never given out.
    pub fn unknown(&self) -> Self {
        Self(
            self.0
                .keys()
                .map(|key| (*key, any_id(key.trim_end_matches(char::is_numeric), Uuid::now_v7())))
                .collect(),
        )
    }

    pub fn get(&self, prefix: &str) -> &str {
        &self.0[prefix]
    }

    /// The text with each of these ids replaced by its prefix, so that answers can be compared.
    pub fn erased_from(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (prefix, id)| {
            text.replace(id.as_str(), &format!("<{prefix}>"))
        })
    }
}
