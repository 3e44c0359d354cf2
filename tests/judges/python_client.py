"""Takes a task through its life with the generated client: submit, claim, complete, read."""

import os

from taskyard_client import Client
from taskyard_client.api.nodes import claim_tasks
from taskyard_client.api.queues import get_queue_stats
from taskyard_client.api.tasks import complete_task, get_task, get_task_result, submit_task
from taskyard_client.models import (
    ClaimedTasks,
    ClaimTasks,
    CompleteTask,
    Problem,
    ProblemCode,
    QueueNumbers,
    SubmitTask,
    Task,
    TaskState,
)

client = Client(base_url=os.environ["TASKYARD_URL"])
payload = {"to": "ada@example.org", "big": 2**53 + 1}

submitted = submit_task.sync(
    client=client, body=SubmitTask(queue="mail", payload=payload, priority=5), idempotency_key="judge-1"
)
assert isinstance(submitted, Task), submitted
assert submitted.state in (TaskState.QUEUED, TaskState.SUCCEEDED), submitted
again = submit_task.sync(
    client=client, body=SubmitTask(queue="mail", payload=payload, priority=5), idempotency_key="judge-1"
)
assert isinstance(again, Task) and again.id == submitted.id, again

if submitted.state == TaskState.QUEUED:
    claimed = claim_tasks.sync("judge", client=client, body=ClaimTasks(queues=["mail"], wait_ms=5000))
    assert isinstance(claimed, ClaimedTasks) and len(claimed.tasks) == 1, claimed
    task = claimed.tasks[0]
    assert task.id == submitted.id and task.payload == payload, task
    completed = complete_task.sync(
        task.id, client=client, body=CompleteTask(lease_token=task.lease_token, result={"sent": True})
    )
    assert isinstance(completed, Task) and completed.state == TaskState.SUCCEEDED, completed

read = get_task.sync(submitted.id, client=client, wait_ms=5000)
assert isinstance(read, Task) and read.state == TaskState.SUCCEEDED, read
assert get_task_result.sync(submitted.id, client=client) == {"sent": True}

numbers = get_queue_stats.sync("mail", client=client)
assert isinstance(numbers, QueueNumbers) and numbers.succeeded == 1, numbers

refused = complete_task.sync(submitted.id, client=client, body=CompleteTask(lease_token="none"))
assert isinstance(refused, Problem) and refused.code == ProblemCode.LEASE_LOST, refused
print("the python client has taken a task through its life")
