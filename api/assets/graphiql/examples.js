// The queries offered in the bar. Each `query` is a complete document; a test validates them against the schema.
// Ids such as acct_… in the variables are to be replaced: take them from the answer of another example.
window.hikitsugiExamples = [
  {
    en: "Accounts at risk, and why",
    ja: "リスクの高い取引先とその理由",
    query: `# The accounts with most revenue at risk,
# and the factors that add up to each score.
query AccountsAtRisk {
  accounts(first: 20, orderBy: REVENUE_AT_RISK) {
    nodes {
      id
      name
      owner { familyName givenName }
      assessment {
        probability
        band
        unknownReason { text }
        horizonDays
        asOf
        modelVersion
        expectedValue { amount currencyCode }
        revenueAtRisk { amount currencyCode }
        factors {
          kind
          points
          logOdds
          cause
          controllable
          since
          advice
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: `{}`,
  },
  {
    en: "Search 田中",
    ja: "「田中」を検索",
    query: `# 田中, たなか, タナカ and tanaka
# all find 田中商事 (たなかしょうじ).
query Search($text: String!) {
  accounts(first: 20, filter: { text: $text }) {
    totalCount
    nodes { id name nameKana lifecycle owner { familyName givenName } }
  }
}
`,
    variables: `{ "text": "田中" }`,
  },
  {
    en: "Record an activity",
    ja: "活動を記録",
    query: `# A meeting with a client.
# Take the account's id from another query.
mutation RecordActivity($input: ActivityRecordInput!) {
  activityRecord(input: $input) {
    activity { id kind occurredAt summary }
    userErrors { field message code }
  }
}
`,
    variables: `{
  "input": {
    "accountId": "acct_…",
    "kind": "MEETING",
    "occurredAt": "2026-11-20T05:00:00Z",
    "twoWay": true,
    "summary": "Talked about the spring order."
  }
}`,
  },
  {
    en: "Plan a handover",
    ja: "引き継ぎを計画",
    query: `# The steps are laid out backwards from the
# last day of the member who hands over.
mutation PlanHandover($input: HandoverPlanInput!) {
  handoverPlan(input: $input) {
    handover {
      id
      status
      lastDay
      steps { kind dueOn contact { familyName givenName } }
    }
    userErrors { field message code }
  }
}
`,
    variables: `{
  "input": {
    "accountId": "acct_…",
    "toMemberId": "mem_…",
    "lastDay": "2026-12-25",
    "reason": "TRANSFER"
  }
}`,
  },
  {
    en: "What happened",
    ja: "起きたこと（イベント）",
    query: `# Every change is one event. For what is new,
# ask again with the last endCursor as after.
query Events($after: String) {
  events(first: 50, after: $after) {
    nodes { id type occurredAt }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: `{ "after": null }`,
  },
  {
    en: "My sessions",
    ja: "自分のセッション",
    query: `# Where you are signed in,
# and when each session was last used.
query MySessions {
  viewer {
    sessions { id device createdAt lastUsedAt current }
  }
}
`,
    variables: `{}`,
  },
];
