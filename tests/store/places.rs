//! Queues that were given another partition than the one their name hashes to: found by every replica,
//! whatever it knows, and whatever was cut off between two writes.

use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Partition, Submission, TaskId};
use taskyard::store::audit::Finding;
use taskyard::store::keys::Keys;
use taskyard::store::{
    ClaimRequest, Completion, ConfigureOutcome, RemoveOutcome, ReportOutcome, Store, StoreError,
    SubmitOutcome, View,
};

use crate::support::{TestStore, claim, queue, submission, submit_all};

/// The partitions of a [`TestStore`].
const PARTITIONS: u16 = 2;

/// Where the name hashes to.
pub(super) fn home(name: &str) -> u16 {
    Partition::of_name(name, PARTITIONS).number()
}

/// The other partition.
pub(super) fn away(name: &str) -> u16 {
    1 - home(name)
}

/// A name that hashes to that partition.
pub(super) fn named(prefix: &str, home_is: u16) -> String {
    let mut names = (0..100).map(|number| format!("{prefix}{number}"));
    names.find(|name| home(name) == home_is).unwrap()
}

async fn put(
    store: &Store,
    name: &str,
    partition: Option<u16>,
) -> Result<ConfigureOutcome, StoreError> {
    let change = QueueChange {
        partition,
        ..QueueChange::default()
    };
    store.queues.configure(&queue(name), &change, None).await
}

pub(super) async fn put_away(store: &Store, name: &str) {
    let outcome = put(store, name, Some(away(name))).await.unwrap();
    assert_eq!(outcome, ConfigureOutcome::New(None));
}

pub(super) async fn submit(store: &Store, name: &str) -> TaskId {
    match store.tasks.submit(submission(name)).await.unwrap() {
        SubmitOutcome::Created(task) => task.id,
        other => panic!("the task was not created: {other:?}"),
    }
}

async fn claimed(store: &Store, request: ClaimRequest) -> Vec<TaskId> {
    let claimed = store.tasks.claim(request).await.unwrap().deliver();
    claimed.iter().map(|task| task.id).collect()
}

async fn lives_in(store: &Store, name: &str) -> Option<u16> {
    let found = store.queues.get(&queue(name)).await.unwrap();
    found.map(|queue| queue.partition)
}

/// Another replica, with its own memory of where queues live.
pub(super) async fn replica(test: &TestStore) -> Store {
    test.mortal().await.0
}

/// Removes the queue with what waits in it, and makes it anew in the other partition.
pub(super) async fn move_to(test: &TestStore, name: &str, partition: u16) {
    let queues = &test.store.queues;
    queues.purge(&queue(name)).await.unwrap();
    queues.remove(&queue(name)).await.unwrap();
    let made = put(&test.store, name, Some(partition)).await.unwrap();
    assert_eq!(made, ConfigureOutcome::New(None));
}

/// Claims a task and completes it with these children.
pub(super) async fn finish(store: &Store, name: &str, submit: Vec<Submission>) -> TaskId {
    let lease = store.tasks.claim(claim("n1", name, 1)).await.unwrap();
    let lease = lease.deliver().remove(0);
    let completion = Completion {
        id: lease.id,
        lease_token: lease.lease_token,
        result: None,
        submit,
        view: View::State,
    };
    let outcome = store.tasks.complete(completion).await.unwrap();
    assert!(matches!(outcome, ReportOutcome::Done { .. }), "{outcome:?}");
    lease.id
}

/// How many tasks a list of the queue has.
pub(super) async fn listed(store: &Store, name: &str) -> usize {
    let filter = TaskFilter {
        queue: Some(queue(name)),
        ..TaskFilter::default()
    };
    store
        .tasks
        .list(&filter, None, 50)
        .await
        .unwrap()
        .tasks
        .len()
}

#[tokio::test]
async fn a_queue_lives_in_the_partition_that_it_was_given_before_its_first_use() {
    let test = TestStore::start().await;
    for name in [named("a", 0), named("b", 1)] {
        put_away(&test.store, &name).await;
        assert_eq!(lives_in(&test.store, &name).await, Some(away(&name)));
        let id = submit(&test.store, &name).await;
        assert_eq!(id.partition().number(), away(&name));
        assert_eq!(claimed(&test.store, claim("n1", &name, 5)).await, [id]);
    }
    test.audit().await;
}

#[tokio::test]
async fn a_queue_that_is_there_keeps_its_partition() {
    let test = TestStore::start().await;
    let (placed, used) = (named("a", 0), named("b", 0));
    put_away(&test.store, &placed).await;
    submit(&test.store, &used).await;
    for (name, lives) in [(&placed, 1), (&used, 0)] {
        let same = put(&test.store, name, Some(lives)).await.unwrap();
        assert_eq!(same, ConfigureOutcome::Known(None));
        let unsaid = put(&test.store, name, None).await.unwrap();
        assert_eq!(unsaid, ConfigureOutcome::Known(None));
        let elsewhere = ConfigureOutcome::Elsewhere(Partition::new(lives));
        assert_eq!(
            put(&test.store, name, Some(1 - lives)).await.unwrap(),
            elsewhere
        );
        for (partition, outcome) in [
            (1 - lives, elsewhere),
            (lives, ConfigureOutcome::Known(None)),
        ] {
            let change = QueueChange {
                partition: Some(partition),
                ..QueueChange::default()
            };
            let merged = test.store.queues.merge(&queue(name), &change, None).await;
            assert_eq!(merged.unwrap(), outcome);
        }
        assert_eq!(lives_in(&test.store, name).await, Some(lives));
    }
    let none = put(&test.store, "c", Some(PARTITIONS)).await.unwrap();
    let partitions = PARTITIONS;
    assert_eq!(none, ConfigureOutcome::NoSuchPartition { partitions });
    test.audit().await;
}

#[tokio::test]
async fn what_is_refused_for_another_reason_places_nothing() {
    let test = TestStore::start().await;
    let name = named("a", 0);
    let change = QueueChange {
        partition: Some(1),
        ..QueueChange::default()
    };
    let queues = &test.store.queues;
    let refused = queues.configure(&queue(&name), &change, Some("7")).await;
    assert_eq!(refused.unwrap(), ConfigureOutcome::OtherRevision);
    let merged = queues.merge(&queue(&name), &change, None).await.unwrap();
    assert_eq!(merged, ConfigureOutcome::NotFound);
    assert_eq!(submit(&test.store, &name).await.partition().number(), 0);
    test.audit().await;
}

#[tokio::test]
async fn a_replica_that_knows_another_place_looks_again() {
    let test = TestStore::start().await;
    let (other, name) = (replica(&test).await, named("a", 0));
    let named = queue(&name);
    // Each time the queue lives elsewhere than where the other knows it.
    let mut partition = 0;
    let mut moved = async || {
        partition = 1 - partition;
        move_to(&test, &name, partition).await;
        submit(&test.store, &name).await.partition().number()
    };
    for _ in 0..2 {
        let lives = moved().await;
        assert_eq!(lives_in(&other, &name).await, Some(lives));
        let lives = moved().await;
        assert_eq!(submit(&other, &name).await.partition().number(), lives);
        finish(&other, &name, Vec::new()).await;
        moved().await;
        finish(&other, &name, Vec::new()).await;
        moved().await;
        assert_eq!(listed(&other, &name).await, 1);
        moved().await;
        let stats = other.queues.stats(&named).await.unwrap().unwrap();
        assert_eq!(stats.ready, 1);
        moved().await;
        assert!(other.queues.pause(&named).await.unwrap());
        moved().await;
        assert_eq!(other.queues.purge(&named).await.unwrap(), Some(1));
        moved().await;
        let refused = other.queues.remove(&named).await.unwrap();
        assert_eq!(refused, RemoveOutcome::HasTasks);
        let lives = moved().await;
        let known = put(&other, &name, Some(lives)).await.unwrap();
        assert_eq!(known, ConfigureOutcome::Known(None));
    }
    test.audit().await;
}

#[tokio::test]
async fn a_removed_queue_comes_anew_where_its_name_hashes_to() {
    let test = TestStore::start().await;
    let (other, name) = (replica(&test).await, named("a", 0));
    put_away(&test.store, &name).await;
    submit(&other, &name).await;
    finish(&other, &name, Vec::new()).await;
    let removed = test.store.queues.remove(&queue(&name)).await.unwrap();
    assert_eq!(removed, RemoveOutcome::Removed);
    assert_eq!(lives_in(&other, &name).await, None);
    assert_eq!(submit(&other, &name).await.partition().number(), 0);
    assert_eq!(submit(&test.store, &name).await.partition().number(), 0);
    assert_eq!(test.redis.keys_like("*seat*").await, 0);
    assert_eq!(test.redis.keys_like("*signpost*").await, 0);
    test.audit().await;
}

#[tokio::test]
async fn a_claim_finds_its_queues_wherever_they_live() {
    let test = TestStore::start().await;
    let other = replica(&test).await;
    let names = [named("a", 0), named("b", 1), named("c", 0)];
    put_away(&test.store, &names[0]).await;
    put_away(&test.store, &names[1]).await;
    let mut ids = Vec::new();
    for name in &names {
        ids.push(submit(&test.store, name).await);
        ids.push(submit(&test.store, name).await);
    }
    let wanted = |most| ClaimRequest {
        queues: names.iter().map(|name| queue(name)).collect(),
        claim_id: Some("once".into()),
        ..claim("n1", "default", most)
    };
    assert_eq!(claimed(&other, wanted(5)).await, ids[..5]);
    // Whoever is asked again, of these and no more.
    for store in [&test.store, &replica(&test).await] {
        let mut again = claimed(store, wanted(6)).await;
        again.sort();
        let mut before = ids[..5].to_vec();
        before.sort();
        assert_eq!(again, before);
    }
    test.audit().await;
}

#[tokio::test]
async fn a_batch_goes_to_queues_that_are_found_elsewhere() {
    let test = TestStore::start().await;
    let other = replica(&test).await;
    let names = [named("a", 0), named("b", 0), named("c", 1), named("d", 1)];
    put_away(&test.store, &names[0]).await;
    put_away(&test.store, &names[2]).await;
    let tasks: Vec<Submission> = (0..40).map(|n| submission(&names[n % 4])).collect();
    let ids = submit_all(&other, tasks).await;
    let places: Vec<u16> = ids.iter().map(|id| id.partition().number()).collect();
    assert_eq!(places, [1, 0, 0, 1].repeat(10));
    let atomic = vec![submission(&names[0]), submission(&names[0])];
    let outcomes = replica(&test).await.tasks.submit_atomic(atomic).await;
    assert_eq!(outcomes.unwrap().len(), 2);
    test.audit().await;
}

#[tokio::test]
async fn a_placement_cut_off_anywhere_leaves_one_queue_that_all_find() {
    let test = TestStore::start().await;
    let mut finished = false;
    for calls in 0.. {
        let name = named(&format!("cut{calls}-"), 0);
        let (mortal, faults) = test.mortal().await;
        faults.cut_after(calls);
        finished = put(&mortal, &name, Some(1)).await.is_ok();
        faults.cut_after(u64::MAX);
        // Whoever comes next finds a place, and it is the only one.
        let id = submit(&replica(&test).await, &name).await;
        assert_eq!(submit(&mortal, &name).await.partition(), id.partition());
        let lives = id.partition().number();
        let again = put(&mortal, &name, Some(lives)).await.unwrap();
        assert_eq!(again, ConfigureOutcome::Known(None));
        let all = test.store.queues.list().await.unwrap();
        assert_eq!(all.iter().filter(|one| one.name == queue(&name)).count(), 1);
        if finished {
            assert_eq!(lives, 1);
            break;
        }
    }
    assert!(finished);
    test.audit().await;
}

#[tokio::test]
async fn a_placement_that_was_cut_off_may_be_made_elsewhere() {
    let test = TestStore::start().await;
    for calls in 0.. {
        let name = named(&format!("cut{calls}-"), 0);
        let (mortal, faults) = test.mortal().await;
        faults.cut_after(calls);
        if put(&mortal, &name, Some(1)).await.is_ok() {
            assert!(calls > 2, "it takes a seat, a signpost and a queue");
            break;
        }
        faults.cut_after(u64::MAX);
        let made = put(&mortal, &name, Some(0)).await.unwrap();
        assert_eq!(made, ConfigureOutcome::New(None));
        assert_eq!(submit(&test.store, &name).await.partition().number(), 0);
    }
    test.audit().await;
}

#[tokio::test]
async fn a_removal_cut_off_anywhere_frees_the_name() {
    let test = TestStore::start().await;
    for calls in 0.. {
        let name = named(&format!("cut{calls}-"), 0);
        put_away(&test.store, &name).await;
        let (mortal, faults) = test.mortal().await;
        lives_in(&mortal, &name).await;
        faults.cut_after(calls);
        let removed = mortal.queues.remove(&queue(&name)).await;
        let (is_whole, is_there) = (!faults.is_cut(), lives_in(&test.store, &name).await);
        faults.cut_after(u64::MAX);
        assert_eq!(removed.is_ok(), is_there.is_none());
        if removed.is_ok() {
            // A signpost that leads nowhere stops nobody.
            let id = submit(&mortal, &name).await;
            assert_eq!(id.partition().number(), 0);
            assert_eq!(submit(&test.store, &name).await.partition().number(), 0);
        }
        if is_whole {
            break;
        }
    }
    test.audit().await;
}

#[tokio::test]
async fn a_late_placement_by_a_void_seat_makes_no_second_queue() {
    let test = TestStore::start().await;
    let name = named("a", 0);
    let (mortal, faults) = test.mortal().await;
    // It has got the seat and set the signpost, and goes on after all that follows.
    for calls in 1..8 {
        faults.cut_after(calls);
        let cut = put(&mortal, &name, Some(1)).await.is_err();
        faults.cut_after(u64::MAX);
        move_to(&test, &name, 0).await;
        if cut {
            let late = put(&mortal, &name, Some(1)).await.unwrap();
            assert_eq!(late, ConfigureOutcome::Elsewhere(Partition::new(0)));
        }
    }
    test.audit().await;
}

#[tokio::test]
async fn the_audit_finds_a_queue_to_which_nothing_leads() {
    let test = TestStore::start().await;
    let name = named("a", 0);
    put_away(&test.store, &name).await;
    submit(&test.store, &name).await;
    test.audit().await;
    let signpost = Keys::of(Partition::new(0)).of_queue("signpost", &name);
    test.redis.delete(&signpost).await;
    let report = test.store.audit().await.unwrap();
    let partition = 1;
    let lost = Finding::QueueNotFound {
        queue: name.clone(),
        partition,
    };
    assert_eq!(report.findings, [lost]);
    // Saying its partition again leads there anew.
    let known = put(&test.store, &name, Some(1)).await.unwrap();
    assert_eq!(known, ConfigureOutcome::Known(None));
    test.audit().await;
}
