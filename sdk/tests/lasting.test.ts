import { expect, it } from "vitest";
import { lasting } from "../src/dom/selector";

it.each(["buy", "hero-title", "nav", "step2", "add-to-cart", "col-6", "product_card", "Checkout", "/cart", "Add to cart"])("%s was given by a person", (name) => {
  expect(lasting(name)).toBe(true);
});

it.each(["css-1x2y3z", "sc-bdVaJa", "Button_root__aB3dE", ":r1:", "ember1234", "jss42", "mantine-abc", "x1a2b3c4", "svelte-1tky8bj", "550e8400-e29b-41d4-a716-446655440000"])("%s was made by a tool", (name) => {
  expect(lasting(name)).toBe(false);
});
