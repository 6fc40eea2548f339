// The demonstration shop: pages, a cart kept in this browser, and standard events for what the visitor does.
"use strict";
const main = document.getElementById("main");
const toast = document.getElementById("toast");
const login = document.getElementById("login");
let shop = { aisles: [], products: [] };
const byId = new Map();
const money = (amount) => `$${amount.toFixed(2)}`;
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const read = (name, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const write = (name, value) => {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // storage is off: the cart lasts as long as the page
  }
};

// What is known of a product in an event
const facts = (product, quantity = 1) => ({ product_id: product.id, name: product.name, category: product.category, brand: product.brand, price: product.price, quantity });

// The cart
let cart = read("shop.cart", {});
let coupon = "";
const lines = () => Object.entries(cart).flatMap(([id, quantity]) => (byId.has(id) ? [{ product: byId.get(id), quantity }] : []));
const total = () => lines().reduce((sum, line) => sum + line.product.price * line.quantity, 0);
const due = () => Math.round(total() * (coupon ? 0.9 : 1) * 100) / 100;
function put(product, change) {
  const quantity = (cart[product.id] ?? 0) + change;
  if (quantity > 0) cart[product.id] = quantity;
  else delete cart[product.id];
  write("shop.cart", cart);
  count();
  analytics.track(change > 0 ? "Product Added" : "Product Removed", { ...facts(product, Math.abs(change)), currency: "USD" });
}
const count = () => {
  document.getElementById("count").textContent = Object.values(cart).reduce((sum, quantity) => sum + quantity, 0);
};

// Pieces
const label = (product) => [product.size, product.brand === "own brand" ? '<span class="own">own brand</span>' : ""].filter(Boolean).join(" · ");
const picture = (product) => art(product.art, product.colour, escape(product.name));
const card = (product, list, position) => `<article class="card"><a href="/product/${product.id}" data-link data-product="${product.id}" data-list="${list}" data-position="${position}">
<div class="tile">${picture(product)}</div><span class="name">${escape(product.name)}</span><span class="size">${label(product)}</span></a>
<div class="buy"><span class="price">${money(product.price)}</span><button type="button" data-add="${product.id}" aria-label="Add ${escape(product.name)} to the cart">Add</button></div></article>`;
const grid = (products, list) => `<div class="grid">${products.map((product, i) => card(product, list, i + 1)).join("")}</div>`;
const often = (products, n) => [...products].sort((a, b) => b.weight - a.weight).slice(0, n);
const listed = (list, products, category) => analytics.track("Product List Viewed", { list_id: list, category, products: products.slice(0, 20).map((product, i) => ({ ...facts(product), position: i + 1 })) });

// Pages: each draws itself and says what was seen
const pages = {
  home() {
    title("Green Lane Grocer");
    const favourites = often(shop.products, 10);
    const [a, b, c] = ["banana", "carton", "loaf"].map((kind) => shop.products.find((product) => product.art === kind)).filter(Boolean);
    main.innerHTML = `<section class="hero"><div data-resa-placement="home-hero"><h1>The week's shopping, done before the coffee is cold</h1>
<p>Fresh from the market, at the prices of the store. 10 % off your first order with the code <b>WELCOME</b>.</p>
<a class="button" href="/aisle/fruit" data-link data-promotion>Start with fruit</a></div><div class="pictures">${[a, b, c].filter(Boolean).map(picture).join("")}</div></section>
<h2>Aisles</h2><div class="doors">${shop.aisles.map((aisle) => `<a class="door" href="/aisle/${aisle.key}" data-link>${picture(shop.products.find((product) => product.aisle === aisle.key))}<br>${escape(aisle.name)}</a>`).join("")}</div>
<h2>Bought most often</h2>${grid(favourites, "favourites")}`;
    analytics.page("Home");
    analytics.track("Promotion Viewed", { promotion_id: "welcome", name: "10 % off the first order", position: "home hero" });
    listed("favourites", favourites, "Favourites");
  },
  aisle(key) {
    const aisle = shop.aisles.find((found) => found.key === key);
    if (!aisle) return pages.missing();
    const products = shop.products.filter((product) => product.aisle === key);
    title(aisle.name);
    main.innerHTML = `<h1>${escape(aisle.name)}</h1><p class="sub">${products.length} products</p>${grid(products, key)}`;
    analytics.page("Aisle", { category: aisle.name });
    listed(key, products, aisle.name);
  },
  product(id) {
    const product = byId.get(id);
    if (!product) return pages.missing();
    title(product.name);
    const near = often(shop.products.filter((other) => other.aisle === product.aisle && other.id !== id), 5);
    main.innerHTML = `<p class="crumbs"><a href="/" data-link>Shop</a> / <a href="/aisle/${product.aisle}" data-link>${escape(product.category)}</a></p>
<div class="product"><div class="tile">${picture(product)}</div><div><h1>${escape(product.name)}</h1><p class="sub">${label(product)}</p><p class="price">${money(product.price)}</p>
<div class="row"><button type="button" data-add="${product.id}">Add to cart</button><a href="/cart" data-link class="button quiet">Go to cart</a></div>
<p class="sub">Households of the demonstration bought it ${product.weight.toLocaleString("en")} times in their year.</p></div></div><h2>More from this aisle</h2>${grid(near, "more")}`;
    analytics.page("Product", { category: product.category });
    analytics.track("Product Viewed", { ...facts(product), currency: "USD" });
  },
  search(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? shop.products.filter((product) => words.every((word) => `${product.name} ${product.category} ${product.size}`.toLowerCase().includes(word))) : [];
    title(`Search: ${query}`);
    main.innerHTML = found.length
      ? `<h1>${escape(query)}</h1><p class="sub">${found.length} products</p>${grid(often(found, 60), "search")}`
      : `<div class="empty"><h1>Nothing found for "${escape(query)}"</h1><p>Try a shorter word, such as milk, bread or apples.</p><a class="button" href="/" data-link>To the shop</a></div>`;
    analytics.page("Search", { query });
    analytics.track("Products Searched", { query, results: found.length });
  },
  cart() {
    title("Cart");
    drawCart();
    analytics.page("Cart");
    analytics.track("Cart Viewed", { cart_total: due(), currency: "USD", products: lines().map((line) => facts(line.product, line.quantity)) });
  },
  checkout() {
    if (!lines().length) return go("/cart");
    title("Checkout");
    const person = read("shop.person", {});
    main.innerHTML = `<h1>Checkout</h1><p class="sub">Nothing is sold: no address or card is asked for.</p><div class="split"><form class="panel" id="checkout">
<label>Name<input name="name" required value="${escape(person.name ?? "")}" autocomplete="off"></label><label>E-mail<input name="email" type="email" required value="${escape(person.email ?? "")}" autocomplete="off"></label>
<label>Delivery<select name="slot"><option>Today, 17 to 19</option><option>Tomorrow, 8 to 10</option><option>Tomorrow, 17 to 19</option></select></label>
<label>Payment<select name="payment"><option>Card at the door</option><option>Invoice</option><option>Cash at the door</option></select></label><button>Place the order</button></form>${sums()}</div>`;
    analytics.page("Checkout");
    analytics.track("Checkout Started", order());
    const slots = main.querySelector("[name=slot]");
    void analytics.flag("evening-delivery").then((on) => on && slots.add(new Option("Tonight, 19 to 21")));
    let told = false;
    main.querySelector("[name=payment]").addEventListener("change", (change) => {
      told = true;
      analytics.track("Payment Info Entered", { payment_method: change.target.value, step: 2 });
    });
    document.getElementById("checkout").addEventListener("submit", (submit) => {
      submit.preventDefault();
      const form = Object.fromEntries(new FormData(submit.target));
      analytics.track("Checkout Step Completed", { step: 1, shipping_method: form.slot });
      if (!told) analytics.track("Payment Info Entered", { payment_method: form.payment, step: 2 });
      recognise(form.name, form.email);
      const number = read("shop.baskets", 0) + 1;
      write("shop.baskets", number);
      const placed = { order_id: `web-${Date.now().toString(36)}`, ...order(), basket_number: number };
      analytics.track("Order Completed", placed);
      cart = {};
      coupon = "";
      write("shop.cart", cart);
      write("shop.last", placed);
      count();
      go("/thanks");
    });
  },
  thanks() {
    const placed = read("shop.last", null);
    title("Thank you");
    main.innerHTML = `<div class="empty"><h1>Thank you!</h1><p>${placed ? `Order ${escape(placed.order_id)} over ${money(placed.revenue)} is in your Resa now.` : "Your order is in your Resa now."}</p>
<div class="row centre"><a class="button" href="${document.body.dataset.console}customers" target="_blank" rel="noopener">Find yourself among the customers</a><a class="button quiet" href="/" data-link>On with the shopping</a></div></div>`;
    analytics.page("Thank you");
  },
  missing() {
    title("Not found");
    main.innerHTML = '<div class="empty"><h1>There is nothing here</h1><a class="button" href="/" data-link>To the shop</a></div>';
    analytics.page("Not found");
  },
};
const order = () => ({ revenue: due(), total: due(), currency: "USD", coupon: coupon || undefined, discount: Math.round((total() - due()) * 100) / 100, products: lines().map((line) => facts(line.product, line.quantity)) });
const sums = () => `<aside class="panel"><p><span>Products</span><span>${money(total())}</span></p>${coupon ? `<p><span>Coupon ${coupon}</span><span>−${money(total() - due())}</span></p>` : ""}<p><span>Delivery</span><span>free</span></p><p class="sum"><span>Total</span><span>${money(due())}</span></p></aside>`;

function drawCart() {
  const found = lines();
  main.innerHTML = found.length
    ? `<h1>Cart</h1><div class="split"><ul class="lines">${found.map(({ product, quantity }) => `<li><div class="tile">${picture(product)}</div><span><a href="/product/${product.id}" data-link>${escape(product.name)}</a><small>${label(product)}</small></span>
<span class="step"><button type="button" class="quiet" data-less="${product.id}" aria-label="One less">−</button><span>${quantity}</span><button type="button" class="quiet" data-add="${product.id}" aria-label="One more">+</button></span><span class="price">${money(product.price * quantity)}</span></li>`).join("")}</ul>
<div>${sums()}<form id="coupon" class="row"><input name="code" placeholder="Coupon code" aria-label="Coupon code" value="${coupon}"><button class="quiet">Apply</button></form><a class="button" href="/checkout" data-link>To the checkout</a></div></div>`
    : '<div class="empty"><h1>Your cart is empty</h1><p>The week begins with fruit.</p><a class="button" href="/aisle/fruit" data-link>Fruit</a></div>';
  document.getElementById("coupon")?.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const code = new FormData(submit.target).get("code").trim().toUpperCase();
    analytics.track("Coupon Entered", { coupon_name: code });
    coupon = code === "WELCOME" ? code : "";
    analytics.track(coupon ? "Coupon Applied" : "Coupon Denied", { coupon_name: code, ...(coupon ? { discount: Math.round(total() * 10) / 100 } : { reason: "unknown" }) });
    drawCart();
  });
}

// Who the visitor is
function recognise(name, email) {
  write("shop.person", { name, email });
  analytics.identify(`web-${email.trim().toLowerCase()}`, { name, email: email.trim().toLowerCase() });
  greet();
}
function greet() {
  const person = analytics.user() ? read("shop.person", null) : null;
  document.getElementById("account").textContent = person ? person.name : "Log in";
}

// Moving about
const title = (text) => {
  document.title = text === "Green Lane Grocer" ? text : `${text} · Green Lane Grocer`;
};
function go(path) {
  history.pushState(null, "", path);
  route();
}
function route() {
  const [, page, key] = location.pathname.split("/");
  for (const link of document.querySelectorAll("#aisles a")) link.toggleAttribute("aria-current", link.getAttribute("href") === location.pathname);
  scrollTo(0, 0);
  if (!page) pages.home();
  else if (page === "search") pages.search(new URLSearchParams(location.search).get("q") ?? "");
  else if (Object.hasOwn(pages, page) && page !== "home") pages[page](decodeURIComponent(key ?? ""));
  else pages.missing();
  main.focus({ preventScroll: true });
}
document.addEventListener("click", (click) => {
  const button = click.target.closest("[data-add],[data-less]");
  if (button) {
    put(byId.get(button.dataset.add ?? button.dataset.less), button.dataset.add ? 1 : -1);
    if (location.pathname === "/cart") drawCart();
    return;
  }
  const link = click.target.closest("a[data-link]");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  const product = byId.get(link.dataset.product);
  if (product) analytics.track("Product Clicked", { ...facts(product), list_id: link.dataset.list, position: Number(link.dataset.position) });
  if (link.hasAttribute("data-promotion")) analytics.track("Promotion Clicked", { promotion_id: "welcome", name: "10 % off the first order" });
  go(link.getAttribute("href"));
});
document.getElementById("search").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const query = new FormData(submit.target).get("q").trim();
  if (query) go(`/search?q=${encodeURIComponent(query)}`);
});
document.getElementById("account").addEventListener("click", () => {
  if (!analytics.user()) return login.showModal();
  analytics.track("Signed Out");
  analytics.reset();
  greet();
});
login.addEventListener("close", () => {
  if (login.returnValue !== "ok") return;
  const form = Object.fromEntries(new FormData(login.querySelector("form")));
  recognise(form.name.trim(), form.email);
  analytics.track("Signed In", { method: "shop" });
});
addEventListener("popstate", route);
analytics.onSend((event) => {
  const line = document.createElement("span");
  line.innerHTML = `<b>${event.type}</b> ${escape(event.event ?? event.name ?? "")}`;
  toast.append(line);
  while (toast.childElementCount > 3) toast.firstChild.remove();
  setTimeout(() => line.remove(), 2600);
});

(async () => {
  shop = await (await fetch("/catalogue.json")).json();
  for (const product of shop.products) byId.set(product.id, product);
  document.getElementById("aisles").innerHTML = shop.aisles.map((aisle) => `<a href="/aisle/${aisle.key}" data-link>${escape(aisle.name)}</a>`).join("");
  count();
  greet();
  route();
})();
