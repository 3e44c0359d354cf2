// Takes a task through its life with a client on the generated types: submit, claim, complete, read.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: process.env.TASKYARD_URL });

function expect(fact: boolean, what: unknown): asserts fact {
  if (!fact) throw new Error(JSON.stringify(what));
}

const submitted = await client.POST("/v1/tasks", {
  body: { queue: "mail", payload: { to: "ada@example.org" }, retry: { kind: "fixed", base_ms: 1000 } },
});
expect(submitted.data?.state === "queued", submitted.error);
const id = submitted.data.id;

const claimed = await client.POST("/v1/nodes/{node_id}/claim", {
  params: { path: { node_id: "judge" } },
  body: { queues: ["none", { name: "mail", weight: 2 }], wait_ms: 5000 },
});
const task: components["schemas"]["ClaimedTask"] | undefined = claimed.data?.tasks[0];
expect(task?.id === id, claimed.error ?? claimed.data);

const completed = await client.POST("/v1/tasks/{id}/complete", {
  params: { path: { id } },
  body: { lease_token: task.lease_token, result: { sent: true } },
});
expect(completed.data?.state === "succeeded", completed.error);

const read = await client.GET("/v1/tasks/{id}", { params: { path: { id }, query: { wait_ms: 5000 } } });
expect(JSON.stringify(read.data?.result) === '{"sent":true}', read.data);

const refused = await client.POST("/v1/tasks/{id}/complete", {
  params: { path: { id } },
  body: { lease_token: "none" },
});
const code: components["schemas"]["ProblemCode"] | undefined = refused.error?.code;
expect(code === "lease_lost", refused);
console.log("the typescript client has taken a task through its life");
