/* coldframe.js 1 */
// What it sends and what it keeps: docs/explanation/tracking.md
(function (doc) {
  "use strict";
  var own = doc.currentScript, said = navigator, COOKIE = "coldframe_id", CHOICE = "coldframe_consent", ENTRY = "coldframe_entry";
  if (!own || !own.dataset.key || window.coldframe) return;
  var place = new URL("v1/batch", own.src).href, key = own.dataset.key, waits = own.dataset.consent !== "given";
  var on = addEventListener, queue = [], timer, shown, campaign, visit, read;

  // Whoever's browser says no is not asked again: nothing is sent and nothing kept.
  function refused() {
    return said.globalPrivacyControl === true || said.doNotTrack === "1";
  }
  function remembered(value) {
    try {
      if (value !== undefined) localStorage.setItem(CHOICE, value);
      return localStorage.getItem(CHOICE);
    } catch (error) { return value; }
  }
  var choice = remembered();
  function allowed() { return !refused() && (choice === "yes" || (!waits && choice !== "no")); }

  function cookie(value, seconds) {
    doc.cookie = COOKIE + "=" + value + ";path=/;max-age=" + seconds + ";samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
  }
  function random() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), each => (each + 256).toString(16).slice(1)).join("");
  }
  var id;
  function anonymous() {
    var found = doc.cookie.match(/(?:^|; )coldframe_id=([0-9a-f]{32})/);
    if (found) id = found[1];
    // 13 months from the first visit on; it is not renewed.
    else if (!id) cookie(id = random(), 34128000);
    return id;
  }
  // How a visit began, for as long as its tab is open: told with who somebody is.
  var entry;
  function begin() {
    try { entry = JSON.parse(sessionStorage.getItem(ENTRY)) || entry; } catch (error) { }
    entry = Object.assign({ path: location.pathname, campaign }, entry);
    try { sessionStorage.setItem(ENTRY, JSON.stringify(entry)); } catch (error) { }
  }
  function forget() {
    queue = []; id = entry = undefined; cookie("", 0);
    try { sessionStorage.removeItem(ENTRY); } catch (error) { }
  }

  function now() { return new Date().toISOString(); }
  function send() {
    clearTimeout(timer);
    timer = 0;
    if (!queue.length || !allowed()) return;
    var calls = { writeKey: key, sentAt: now(), batch: queue.splice(0, 50) };
    var body = new Blob([JSON.stringify(calls)], { type: "text/plain" });
    if (!said.sendBeacon || !said.sendBeacon(place, body))
      fetch(place, { method: "POST", body, keepalive: true, credentials: "omit" }).catch(() => 0);
    send();
  }
  function put(type, call) {
    if (!allowed()) return;
    var context = Object.assign({ locale: said.language, campaign }, call.context);
    queue.push(Object.assign(call, { type, messageId: random(), anonymousId: anonymous(), timestamp: now(), context }));
    timer = timer || setTimeout(send, 500);
  }
  // Of an address what stands before the question mark; behind it may be anything.
  function here(more) {
    var path = location.pathname;
    return Object.assign({ path, url: location.origin + path }, more);
  }

  function page() {
    if (shown === location.href.split("#")[0]) return;
    var from = shown || doc.referrer;
    shown = location.href.split("#")[0];
    read = { scrolled: false, seen: 0 };
    var utm = {};
    new URLSearchParams(location.search).forEach((value, name) => {
      if (/^utm_(source|medium|campaign|term|content)$/.test(name) && !/@/.test(value))
        utm[name === "utm_campaign" ? "name" : name.slice(4)] = value.slice(0, 200);
    });
    if (Object.keys(utm).length) campaign = utm;
    if (allowed()) begin();
    var host = "";
    try { host = new URL(from).host; } catch (error) { }
    put("page", { properties: here({ title: doc.title, referrer: host }) });
  }
  // Read: scrolled, and in front for ten seconds.
  setInterval(() => {
    if (!read || doc.hidden || ++read.seen < 10 || !read.scrolled) return;
    read = undefined;
    put("track", { event: "Page Read", properties: here() });
  }, 1000);
  on("scroll", () => { if (read) read.scrolled = true; }, { passive: true });

  var SECRET = /pass|card|cvc|cvv|iban|account.?n|ssn|secret|token|pin$/i;
  var TRAITS = { email: "email", "given-name": "firstName", "family-name": "lastName", name: "name",
    organization: "company", "organization-title": "title", tel: "phone" };
  on("submit", event => {
    var form = event.target, name = form.dataset && form.dataset.coldframe, fields = {}, traits = {};
    if (name === undefined) return;
    Array.from(form.elements).forEach(each => {
      var kind = each.type, called = each.name, auto = each.autocomplete || "";
      if (!called || !each.value || /^(password|hidden|file|submit|button|image|reset|fieldset)$/.test(kind)) return;
      if (SECRET.test(called + " " + each.id) || /^(cc-|.*password|one-time)/.test(auto)) return;
      if ((kind === "checkbox" || kind === "radio") && !each.checked) return;
      fields[called] = each.value.slice(0, 500);
      var trait = TRAITS[auto] || (kind === "email" && "email") || TRAITS[called];
      if (trait) traits[trait] = fields[called];
    });
    put("track", { event: "Form Submitted", properties: here({ form: name || form.id || "form", fields }) });
    if (traits.email && entry)
      put("identify", { traits: Object.assign({ landingPage: entry.path }, traits), context: { campaign: entry.campaign } });
    send();
  }, true);

  function start() {
    page();
    if (visit) put("identify", { context: { visit } });
    if (allowed()) visit = undefined;
  }
  // Whose visit it is stands in the address for a moment only.
  var address = new URL(location.href);
  visit = address.searchParams.get("cf");
  if (visit) {
    address.searchParams.delete("cf");
    history.replaceState(history.state, "", address.href);
  }
  ["pushState", "replaceState"].forEach(name => {
    var before = history[name];
    history[name] = function () { var done = before.apply(this, arguments); page(); return done; };
  });
  on("popstate", page);
  on("pagehide", send);
  doc.addEventListener("visibilitychange", () => { if (doc.hidden) send(); });
  window.coldframe = {
    consent: yes => {
      var before = allowed();
      choice = remembered(yes ? "yes" : "no");
      if (!allowed()) forget();
      else if (!before) { shown = undefined; start(); }
    },
    track: (event, properties) => put("track", { event, properties: here(properties) })
  };
  if (refused()) forget();
  start();
})(document);
