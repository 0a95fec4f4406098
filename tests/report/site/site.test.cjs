"use strict";
/* Run by test_script.py: node --test. What needs no page of the report's script. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { betterFirst, groupsOf, notToldApart, fits } = require("../../../srbench/report/site/site.js");

test("the better value is first, and what has none is last in either direction", () => {
  const values = [null, 2, 3, 1];
  assert.deepEqual(values.slice().sort((a, b) => betterFirst(a, b, true)), [3, 2, 1, null]);
  assert.deepEqual(values.slice().sort((a, b) => betterFirst(a, b, false)), [1, 2, 3, null]);
});

test("groups are letters, and numbers in brackets where letters are used up", () => {
  assert.deepEqual(groupsOf("ab(27)(28)"), ["a", "b", "(27)", "(28)"]);
  assert.equal(notToldApart("ab", "bc"), true);
  assert.equal(notToldApart("a(27)", "(27)"), true);
  assert.equal(notToldApart("(27)", "(2)"), false);
  assert.equal(notToldApart("", ""), false);
});

test("a model without a value fits no limit", () => {
  assert.equal(fits(null, null), true);
  assert.equal(fits(null, 5), false);
  assert.equal(fits(5, 5), true);
  assert.equal(fits(5.1, 5), false);
});
