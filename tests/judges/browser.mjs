// Opens /docs as somebody would who has never seen it: every operation is there, "Try it out" works,
// nothing is asked of another origin, and the browser has nothing to complain about.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { TASKYARD_URL: service, BROWSER_PATH: executablePath, TASKYARD_SCREENSHOT: picture } = process.env;
const complaints = [];
const requests = [];

const browser = await chromium.launch({ executablePath });
const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
page.on("request", (request) => requests.push(request.url()));
page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
page.on("response", (response) => response.status() < 400 || complaints.push(`${response.url()}: ${response.status()}`));
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) complaints.push(message.text());
});
// What the policy forbids is reported to the document, also where the console keeps silent.
await page.exposeFunction("complain", (text) => complaints.push(text));
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", (event) =>
    window.complain(`${event.violatedDirective} forbids ${event.blockedURI}`),
  );
});

await page.goto(`${service}/docs`);
assert.equal(page.url(), `${service}/docs/`);
await page.locator(".opblock").first().waitFor();

// Every operation of the document is on the page, by its method and path.
const document = await (await fetch(`${service}/openapi.json`)).json();
const methods = ["get", "put", "post", "delete", "patch"];
const described = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
);
const shown = await page.locator(".opblock-summary").evaluateAll((rows) =>
  rows.map((row) => {
    const path = row.querySelector(".opblock-summary-path").getAttribute("data-path");
    return `${row.querySelector(".opblock-summary-method").textContent} ${path}`;
  }),
);
assert.deepEqual(shown.sort(), described.sort());

/** Opens an operation and executes it as it stands; the status and body that the page shows. */
async function tryOut(operationId) {
  const block = page.locator(`.opblock[id$="-${operationId}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  await block.getByRole("button", { name: "Execute" }).click();
  const answer = block.locator(".live-responses-table .response");
  await answer.waitFor();
  const status = await answer.locator(".response-col_status").innerText();
  const body = await answer.locator(".highlight-code code").first().innerText();
  return { status: Number.parseInt(status, 10), body };
}

const health = await tryOut("getHealth");
assert.equal(health.status, 200, JSON.stringify(health));
const submitted = await tryOut("submitTask");
assert.equal(submitted.status, 201, JSON.stringify(submitted));
const { id } = JSON.parse(submitted.body);
const stored = await (await fetch(`${service}/v1/tasks/${id}`)).json();
assert.equal(stored.id, id);

if (picture) await page.screenshot({ path: picture });
const elsewhere = requests.filter((url) => !url.startsWith(`${service}/`) && !url.startsWith("data:"));
assert.deepEqual(elsewhere, []);
assert.deepEqual(complaints, []);
await browser.close();
console.log(`the browser lists ${shown.length} operations, has tried two out and asked nothing of others`);
