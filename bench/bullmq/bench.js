// BullMQ under the load that `taskyard bench` drives: the same payload size, a
// small result that is kept, and the same sum (add all, then drain all).
//
//   node bench.js --redis /path/to/redis.sock [--tasks 20000]
//
// It prints one JSON document on stdout. The Redis is emptied first: give it one
// of its own.

import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { Queue, Worker } from "bullmq";

const { values: flags } = parseArgs({
  options: {
    redis: { type: "string" },
    tasks: { type: "string", default: "20000" },
    "in-flight": { type: "string", default: "50" },
    concurrency: { type: "string", default: "100" },
    bulk: { type: "string", default: "500" },
    "bulks-in-flight": { type: "string", default: "4" },
  },
});
if (!flags.redis) {
  console.error("bench.js: --redis is missing: the path of a Redis socket, or HOST:PORT");
  process.exit(2);
}

const TASKS = Number(flags.tasks);
const IN_FLIGHT = Number(flags["in-flight"]);
const CONCURRENCY = Number(flags.concurrency);
const BULK = Number(flags.bulk);
const BULKS_IN_FLIGHT = Number(flags["bulks-in-flight"]);
const WARM_UP_TASKS = 2000;

// 100 bytes as JSON, like the payload of `taskyard bench`.
const PAYLOAD = { data: "x".repeat(89) };
const RESULT = { ok: true };

function connection() {
  // Workers block on Redis, and BullMQ refuses a retry limit on such a connection.
  const options = { maxRetriesPerRequest: null };
  if (flags.redis.startsWith("/")) {
    return new Redis({ ...options, path: flags.redis });
  }
  const [host, port] = flags.redis.split(":");
  return new Redis({ ...options, host, port: Number(port) });
}

const admin = connection();

async function info(section, field) {
  const text = await admin.info(section);
  return Number(text.match(new RegExp(`^${field}:([0-9.]+)`, "m"))[1]);
}

async function redisCpuMicros() {
  const user = await info("cpu", "used_cpu_user");
  const system = await info("cpu", "used_cpu_sys");
  return (user + system) * 1e6;
}

function clientCpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function addSingly(queue, count) {
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      await queue.add("default", PAYLOAD);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function addInBulk(queue, count) {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      const size = Math.min(BULK, left);
      left -= size;
      await queue.addBulk(Array.from({ length: size }, () => ({ name: "default", data: PAYLOAD })));
    }
  };
  await Promise.all(Array.from({ length: BULKS_IN_FLIGHT }, lane));
}

async function drain(name, count) {
  const own = connection();
  const worker = new Worker(name, async () => RESULT, {
    connection: own,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  await worker.waitUntilReady();
  const started = performance.now();
  const drained = new Promise((resolve, reject) => {
    let completed = 0;
    worker.on("completed", () => {
      completed += 1;
      if (completed === count) resolve();
    });
    worker.on("failed", (_job, error) => reject(error));
    worker.on("error", reject);
  });
  worker.run().catch(() => {});
  await drained;
  const seconds = (performance.now() - started) / 1000;
  await worker.close();
  own.disconnect();
  return seconds;
}

async function measure(name, add, count) {
  const own = connection();
  const queue = new Queue(name, { connection: own });
  await queue.waitUntilReady();
  const redisBefore = await redisCpuMicros();
  const clientBefore = clientCpuMicros();
  const memoryBefore = await info("memory", "used_memory");

  const started = performance.now();
  await add(queue, count);
  const addSeconds = (performance.now() - started) / 1000;
  const memoryQueued = await info("memory", "used_memory");
  const drainSeconds = await drain(name, count);

  const counts = await queue.getJobCounts("completed", "waiting", "active");
  if (counts.completed !== count) {
    throw new Error(`${name}: ${counts.completed} of ${count} tasks completed`);
  }
  const figures = {
    add_per_s: Math.round(count / addSeconds),
    process_per_s: Math.round(count / drainSeconds),
    lifecycle_per_s: Math.round(count / (addSeconds + drainSeconds)),
    bytes_per_queued_task: Math.round((memoryQueued - memoryBefore) / count),
    cpu_us_per_lifecycle: {
      client: Number(((clientCpuMicros() - clientBefore) / count).toFixed(1)),
      redis: Number((((await redisCpuMicros()) - redisBefore) / count).toFixed(1)),
    },
  };
  await queue.close();
  own.disconnect();
  return figures;
}

await admin.flushall();
await measure("warm-up", addInBulk, WARM_UP_TASKS);
await admin.flushall();
const single = await measure("single", addSingly, TASKS);
await admin.flushall();
const bulk = await measure("bulk", addInBulk, TASKS);

console.log(
  JSON.stringify(
    {
      tasks: TASKS,
      in_flight: IN_FLIGHT,
      concurrency: CONCURRENCY,
      bulk_size: BULK,
      bulks_in_flight: BULKS_IN_FLIGHT,
      fsync: (await admin.config("GET", "appendonly"))[1] === "yes"
        ? (await admin.config("GET", "appendfsync"))[1]
        : "off",
      single,
      bulk,
    },
    null,
    2,
  ),
);
admin.disconnect();
