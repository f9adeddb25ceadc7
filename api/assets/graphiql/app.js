// Sign-in and examples above GraphiQL. No build step: React and GraphiQL are globals of the scripts before this one.
"use strict";

(() => {
  const ENDPOINT = new URL("graphql", document.baseURI).href;
  // sessionStorage: this tab only, so that two tabs do not spend one refresh token.
  const STORED = "hikitsugi.session";
  const REFRESH_EARLY_MS = 60_000;
  const RETRY_MS = 15_000;
  const FALLBACK_LIFE_MS = 9 * 60_000;

  const ja = navigator.language.toLowerCase().startsWith("ja");
  const say = (english, japanese) => (ja ? japanese : english);
  const $ = (id) => document.getElementById(id);

  const TOKENS = "tokens { accessToken refreshToken expiresAt } userErrors { field message code }";
  const SIGN_IN = `mutation($input: SessionCreateInput!) { sessionCreate(input: $input) {
    session { id } memberships { tenantId tenantName role } ${TOKENS} } }`;
  const REFRESH = `mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ${TOKENS} } }`;
  const SIGN_OUT = "mutation { sessionEnd(input: {}) { userErrors { message } } }";

  // --- the session -------------------------------------------------------------------------------------------------

  /** What is held while signed in: { accessToken, refreshToken, renewAt, who }. The access token stays in memory. */
  let session = null;
  let refreshing = null;
  let timer = 0;

  async function send(body, token, headers, signal) {
    const response = await fetch(ENDPOINT, {
      method: "POST",
      headers: {
        ...headers,
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`HTTP ${response.status} ${response.statusText}`);
    }
  }

  /** The payload of the only root field; throws what the server said when there is none. */
  function payload(answer) {
    const found = answer.data && Object.values(answer.data)[0];
    const problems = found ? found.userErrors : answer.errors;
    if (!found || problems?.length) {
      const error = new Error((problems ?? []).map((problem) => problem.message).join(" ") || say("No answer.", "応答がありません。"));
      error.code = problems?.[0]?.code ?? problems?.[0]?.extensions?.code;
      // A limit or a fault of the server says nothing about the session.
      error.isRefusal = Boolean(found) || error.code === "UNAUTHENTICATED";
      throw error;
    }
    return found;
  }

  function hold(tokens, who) {
    const life = Date.parse(tokens.expiresAt) - Date.now();
    const renewIn = Number.isFinite(life) ? Math.max(life - REFRESH_EARLY_MS, life / 2) : FALLBACK_LIFE_MS;
    session = { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, renewAt: Date.now() + renewIn, who };
    sessionStorage.setItem(STORED, JSON.stringify({ refreshToken: tokens.refreshToken, who }));
    schedule(renewIn);
  }

  function drop() {
    session = null;
    clearTimeout(timer);
    sessionStorage.removeItem(STORED);
  }

  function schedule(ms) {
    clearTimeout(timer);
    timer = setTimeout(() => refresh().catch(() => {}), ms);
  }

  /** Exchanges the refresh token, once however many ask at the same time. */
  function refresh() {
    refreshing ??= (async () => {
      const { refreshToken, who } = session;
      try {
        const answer = await send({ query: REFRESH, variables: { input: { refreshToken } } });
        if (session?.refreshToken === refreshToken) hold(payload(answer).tokens, who);
      } catch (error) {
        if (error.isRefusal) {
          drop();
          show(say("Signed out: please sign in again.", "セッションが終了しました。もう一度サインインしてください。"));
        } else if (session) {
          schedule(RETRY_MS);
        }
        throw error;
      } finally {
        refreshing = null;
      }
    })();
    return refreshing;
  }

  /** A token that is good for a while yet, or none when nobody is signed in. */
  async function accessToken() {
    // Timers sleep with the computer, so look at the clock too. A failed refresh is the server's to answer.
    if (session && Date.now() >= session.renewAt) await refresh().catch(() => {});
    return session?.accessToken;
  }

  async function signIn(email, password, tenantId) {
    const input = { email, password, device: `GraphiQL, ${navigator.platform || "browser"}`, ...(tenantId ? { tenantId } : {}) };
    const { tokens, memberships } = payload(await send({ query: SIGN_IN, variables: { input } }));
    if (memberships?.length > 1 && !tenantId) {
      // A session without a company is of no use here; the next sign-in makes the one to keep.
      if (tokens) await send({ query: SIGN_OUT }, tokens.accessToken).catch(() => {});
      return memberships;
    }
    const membership = memberships?.find((one) => one.tenantId === tenantId) ?? (memberships?.length === 1 ? memberships[0] : null);
    hold(tokens, [email, membership && `${membership.tenantName} (${membership.role})`].filter(Boolean).join(" · "));
    return null;
  }

  async function signOut() {
    const token = await accessToken();
    drop();
    if (token) await send({ query: SIGN_OUT }, token).catch(() => {});
  }

  // --- the bar -----------------------------------------------------------------------------------------------------

  function show(message) {
    $("message").textContent = message ?? "";
    $("sign-in").hidden = Boolean(session);
    $("signed-in").hidden = !session;
    $("who").textContent = session?.who ?? "";
  }

  function offerCompanies(memberships) {
    const options = memberships.map(({ tenantId, tenantName, role }) => new Option(`${tenantName} (${role})`, tenantId));
    $("company").replaceChildren(...options);
    $("company").hidden = options.length === 0;
  }

  async function onSignIn(event) {
    event.preventDefault();
    $("sign-in-button").disabled = true;
    try {
      const tenantId = $("company").hidden ? undefined : $("company").value;
      const choice = await signIn($("email").value.trim(), $("password").value, tenantId);
      offerCompanies(choice ?? []);
      if (choice) {
        show(say("Choose a company.", "会社を選んでください。"));
        $("company").focus();
      } else {
        $("password").value = "";
        show();
        whenSignedIn();
      }
    } catch (error) {
      show(error.message);
    } finally {
      $("sign-in-button").disabled = false;
    }
  }

  function setUpBar() {
    document.documentElement.lang = say("en", "ja");
    $("email").placeholder = say("E-mail", "メールアドレス");
    $("password").placeholder = say("Password", "パスワード");
    $("email").ariaLabel = $("email").placeholder;
    $("password").ariaLabel = $("password").placeholder;
    $("company").ariaLabel = say("Company", "会社");
    $("sign-in-button").textContent = say("Sign in", "サインイン");
    $("sign-out-button").textContent = say("Sign out", "サインアウト");
    $("sign-in").addEventListener("submit", onSignIn);
    // Another person may have other companies.
    $("email").addEventListener("input", () => offerCompanies([]));
    $("sign-out-button").addEventListener("click", async () => {
      await signOut();
      show();
    });
    const title = new Option(say("Examples …", "クエリ例 …"), "");
    const examples = window.hikitsugiExamples.map((example, index) => new Option(say(example.en, example.ja), index));
    $("examples").replaceChildren(title, ...examples);
    $("examples").addEventListener("change", () => {
      const example = window.hikitsugiExamples[$("examples").value];
      $("examples").value = "";
      if (example) openExample(example);
    });
  }

  // --- GraphiQL ----------------------------------------------------------------------------------------------------

  const h = React.createElement;
  const root = ReactDOM.createRoot($("graphiql"));
  const first = window.hikitsugiExamples[0];
  let editors = null;
  let hasSchema = false;

  /** Renders nothing: it lies in the toolbar because only there GraphiQL hands out its editors. */
  function Editors() {
    editors = GraphiQL.React.useEditorContext();
    return null;
  }

  /** Opens an example in a tab of its own, so that what was being written stays. */
  function openExample({ query, variables }) {
    if (editors.queryEditor.getValue().trim()) editors.addTab();
    // The new tab fills the editors when React has rendered it.
    setTimeout(() => {
      editors.queryEditor.setValue(query);
      editors.variableEditor.setValue(variables);
    });
  }

  /** A new function each time: GraphiQL reads the schema again when its fetcher is another one. */
  function makeFetcher() {
    return async (params, options) => {
      const answer = await send(params, await accessToken(), options?.headers);
      if (answer.data?.__schema) hasSchema = true;
      return answer;
    };
  }

  function render() {
    const toolbar = h(GraphiQL.Toolbar, null, ({ prettify, copy, merge }) => h(React.Fragment, null, prettify, copy, merge, h(Editors)));
    const properties = { fetcher: makeFetcher(), defaultQuery: first.query, defaultEditorToolsVisibility: "variables" };
    root.render(h(GraphiQL, properties, toolbar));
  }

  function whenSignedIn() {
    if (!hasSchema) render();
  }

  async function start() {
    setUpBar();
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
    if (stored) {
      session = { ...stored, renewAt: 0 };
      await refresh().catch(() => {});
    }
    show($("message").textContent);
    render();
  }

  start();
})();
