"use strict";
/* Reads cases as JSON, and prints PSNR and SSIM of each by the viewer's measures.js. */
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { runInThisContext } = require("node:vm");

runInThisContext(readFileSync(join(__dirname, "../../../srbench/report/viewer/page/measures.js"), "utf-8"));
const cases = JSON.parse(readFileSync(0, "utf-8"));
const { measured } = measuresOf();
console.log(JSON.stringify(cases.map(({ sr, hr, protocol }) => measured(sr, hr, protocol))));
