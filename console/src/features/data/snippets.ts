import type { SourceKind } from "../../api/sources";

/** A piece of code to copy: what an SDK needs to send its events here, and one first event. */
export interface Snippet {
  id: string;
  name: string;
  kind: SourceKind;
  install: string | null;
  /** Amounts of the example are in `currency`: the workspace's own, so that trying it brings no second one into the figures. */
  code: (host: string, key: string, currency: string) => string;
}

const hostPort = (host: string): string => host.replace(/^https?:\/\//, "");
const scheme = (host: string): string => (host.startsWith("https:") ? "https" : "http");

export const SNIPPETS: Snippet[] = [
  {
    id: "resa",
    name: "Resa",
    kind: "browser",
    install: null,
    // The loader of docs/sdk.md, with everything captured by itself.
    code: (host, key) => `<script>
!function(w,d,k,o){var r=w.resa=w.resa||[];if(r.wanted||r.started)return;r.wanted=[k,o];
"identify track page group alias reset consent flush experiences on ready".split(" ").forEach(function(m){r[m]=function(){r.push([m,arguments])}});
["decide","flags"].forEach(function(m){r[m]=function(q){return new Promise(function(f){r.push([m,arguments,f].map(function(v,i){return i==1?[q]:v}));
setTimeout(function(){f(m=="decide"?{ok:false,decisions:{},flags:{}}:{value:function(k,v){return v},on:function(){return false},attributes:function(){},refresh:function(){}})},
m=="flags"?3e3:q&&q.timeout||o.timeout||500)})}});r.user=function(){return{}};
var b=o.flicker==null?400:o.flicker,s;if(b&&w.CSSStyleSheet&&d.adoptedStyleSheets)try{s=new CSSStyleSheet;
s.replaceSync("[data-resa-placement]{visibility:hidden!important}");d.adoptedStyleSheets=d.adoptedStyleSheets.concat(s);
r.hidden={until:Date.now()+b,show:function(){d.adoptedStyleSheets=d.adoptedStyleSheets.filter(function(x){return x!=s})}};setTimeout(r.hidden.show,b)}catch(e){}
var t=d.createElement("script");t.async=1;t.src="${host}/sdk/resa.js";if(d.currentScript)t.nonce=d.currentScript.nonce;t.onerror=function(){r.hidden&&r.hidden.show()};
d.head.appendChild(t)}(window,document,"${key}",{capture:true});
</script>`,
  },
  {
    id: "html",
    name: "HTML",
    kind: "browser",
    install: null,
    // Segment's own loader: it queues calls until the library has come from this host.
    code: (host, key) => `<script>
!function(){var i="analytics",a=window[i]=window[i]||[];if(!a.initialize&&!a.invoked){a.invoked=!0;
a.methods=["trackSubmit","trackClick","trackLink","trackForm","pageview","identify","reset","group","track","ready","alias","debug","page","screen","once","off","on","addSourceMiddleware","addIntegrationMiddleware","setAnonymousId","addDestinationMiddleware","register"];
a.factory=function(m){return function(){if(window[i].initialized)return window[i][m].apply(window[i],arguments);var n=Array.prototype.slice.call(arguments);n.unshift(m);a.push(n);return a}};
for(var n=0;n<a.methods.length;n++){var m=a.methods[n];a[m]=a.factory(m)}
a.load=function(k,o){var t=document.createElement("script");t.async=!0;t.setAttribute("data-global-segment-analytics-key",i);
t.src="${host}/analytics.js/v1/"+k+"/analytics.min.js";var f=document.getElementsByTagName("script")[0];f.parentNode.insertBefore(t,f);a._loadOptions=o};
a._writeKey="${key}";a._cdn="${host}";a.SNIPPET_VERSION="5.2.1";
a.load("${key}",{integrations:{"Segment.io":{apiHost:"${hostPort(host)}/v1",protocol:"${scheme(host)}"}}});
a.page()}}();
</script>`,
  },
  {
    id: "analytics-next",
    name: "@segment/analytics-next",
    kind: "browser",
    install: "npm install @segment/analytics-next",
    code: (host, key, currency) => `import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load(
  { writeKey: "${key}", cdnURL: "${host}" },
  { integrations: { "Segment.io": { apiHost: "${hostPort(host)}/v1", protocol: "${scheme(host)}" } } },
);

analytics.page();
analytics.track("Product Viewed", { product_id: "42", price: 19.9, currency: "${currency}" });`,
  },
  {
    id: "analytics-node",
    name: "@segment/analytics-node",
    kind: "server",
    install: "npm install @segment/analytics-node",
    code: (host, key, currency) => `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${host}" });

analytics.track({
  userId: "user-42",
  event: "Order Completed",
  properties: { order_id: "1001", revenue: 39.8, currency: "${currency}" },
});
await analytics.closeAndFlush();`,
  },
  {
    id: "segment-python",
    name: "segment-analytics-python",
    kind: "server",
    install: "pip install segment-analytics-python",
    code: (host, key, currency) => `import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${host}"

analytics.identify("user-42", {"email": "kim@example.com"})
analytics.track("user-42", "Order Completed", {"order_id": "1001", "revenue": 39.8, "currency": "${currency}"})
analytics.flush()`,
  },
  {
    id: "rudder-python",
    name: "rudder-sdk-python",
    kind: "server",
    install: "pip install rudder-sdk-python",
    code: (host, key, currency) => `import rudderstack.analytics as analytics

analytics.write_key = "${key}"
analytics.dataPlaneUrl = "${host}"

analytics.track("user-42", "Order Completed", {"order_id": "1001", "revenue": 39.8, "currency": "${currency}"})
analytics.flush()`,
  },
  {
    id: "curl",
    name: "curl",
    kind: "server",
    install: null,
    code: (host, key, currency) => `curl ${host}/v1/track -u "${key}:" -H "Content-Type: application/json" -d '{
  "userId": "user-42",
  "event": "Order Completed",
  "properties": { "order_id": "1001", "revenue": 39.8, "currency": "${currency}" }
}'`,
  },
];
