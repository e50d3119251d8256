//! That a message which a spool has lost counts once, whatever comes after:
//! real spools that are damaged, filled, gone back in and opened again.

use std::fs;

use super::*;

/// Takes note of the acknowledgement of so many of the sink's records.
fn acknowledge(sink: &Counted, count: u64) {
    for _ in 0..count {
        let progress = sink.delivery.progress();
        if progress.acknowledged == progress.taken {
            break;
        }
        sink.delivery.acknowledge(progress.acknowledged, 1);
    }
}

async fn receive_large(intake: &mut Intake, count: usize) {
    let mut connection = read_large(&letters(0, count)).await;
    // What waits to be written is one connection's at the most.
    if intake.reads(&mut connection) {
        intake.decode(&mut connection);
        intake.decode_last(&mut connection);
    }
}

/// Changes a byte of one of the segments.
fn damage(dir: &Path, which: usize, at: usize) {
    let files = fs::read_dir(dir).expect("a folder");
    let mut segments: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "spool"))
        .collect();
    segments.sort();
    if segments.is_empty() {
        return;
    }
    let path = &segments[which % segments.len()];
    let mut bytes = fs::read(path).expect("readable");
    let at = at % bytes.len();
    bytes[at] ^= 0x55;
    fs::write(path, bytes).expect("written");
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_counts_once_though_it_is_gone_back_and_begun_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    receive_large(&mut intake, 20).await;
    // The third of them.
    damage(dir.path(), 0, 48 + 2 * 1_036 + 500);
    sink.give_room(10);
    intake.drain().expect("no refusal");
    let lost = |intake: &Intake| intake.metrics.dropped(DropReason::Spool);
    assert_eq!(lost(&intake), 1);
    sink.abort(0);
    intake.drain().expect("no refusal");
    let again = ledger(&intake);
    assert_eq!((again.in_flight, again.spooled), (0, 19));
    let (ended, _) = intake.close(0);
    assert_eq!(ended.spooled, 19);
    drop(intake);

    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    assert_eq!(ledger(&intake).replayed, 19);
    sink.give_room(100);
    intake.drain().expect("no refusal");
    acknowledge(&sink, 100);
    intake.acknowledge();
    let done = ledger(&intake);
    assert_eq!(
        (done.acknowledged, done.in_flight, done.spooled),
        (19, 0, 0)
    );
    assert_eq!(lost(&intake), 0, "told by the task before");
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_at_the_end_is_done_with_once_all_before_it_is_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    receive_large(&mut intake, 3).await;
    damage(dir.path(), 0, 48 + 2 * 1_036 + 500);
    sink.give_room(10);
    intake.drain().expect("no refusal");
    acknowledge(&sink, 2);
    intake.acknowledge();
    let store = intake.backlog.store().expect("a spool");
    assert_eq!(store.counters().messages, 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_while_it_was_on_its_way_is_not_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let policy = ("websocket.buffer.overflow", "drop_oldest");
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, policy, SMALL], 0);
    sink.give_room(5);
    for _ in 0..9 {
        receive_large(&mut intake, 8).await;
    }
    let full = ledger(&intake);
    assert_eq!(full.in_flight, 5);
    assert!(intake.metrics.dropped(DropReason::Overflow) > 0, "{full:?}");
    let (ended, lost) = intake.close(0);
    assert_eq!(ended.inputs(), ended.accounted());
    assert_eq!((ended.spooled, lost), (full.spooled, 5));
    drop(intake);
    let intake = spooled(&sink, dir.path(), &[DURABLE, policy, SMALL], 0);
    assert_eq!(ledger(&intake).replayed, ended.spooled);
}

#[derive(Clone, Debug)]
enum Step {
    Receive(usize),
    Room(usize),
    Acknowledge(u64),
    Abort,
    Damage(usize, usize),
    Restart(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1_usize..16).prop_map(Step::Receive),
        3 => (1_usize..16).prop_map(Step::Room),
        2 => (1_u64..16).prop_map(Step::Acknowledge),
        1 => Just(Step::Abort),
        1 => any::<(usize, usize)>().prop_map(|(which, at)| Step::Damage(which, at)),
        1 => any::<bool>().prop_map(Step::Restart),
    ]
}

async fn the_account_balances(steps: Vec<Step>, policy: &'static str) {
    let dir = tempfile::tempdir().expect("a directory");
    let pairs = [DURABLE, ("websocket.buffer.overflow", policy), SMALL];
    let mut sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &pairs, 0);
    // Over all tasks.
    let (mut received, mut done) = (0, 0);
    for step in steps {
        match step {
            Step::Receive(count) => receive_large(&mut intake, count).await,
            Step::Room(count) => sink.give_room(count),
            Step::Acknowledge(count) => acknowledge(&sink, count),
            Step::Abort => sink.abort(sink.delivery.progress().acknowledged),
            Step::Damage(which, at) => damage(dir.path(), which, at),
            Step::Restart(told) => {
                let (ended, _) = intake.close(0);
                assert_eq!(ended.inputs(), ended.accounted(), "{ended:?}");
                received += ended.received;
                done += ended.accounted() - ended.spooled;
                drop(intake);
                sink = Counted::without_room();
                let begin = if told { Begin::Told(0) } else { Begin::Sink };
                intake = spooled_at(&sink, dir.path(), &pairs, begin);
                let found = ledger(&intake);
                assert_eq!(found.replayed, ended.spooled, "what was left is found");
                sink.begin_at(0);
            }
        }
        ledger(&intake);
        intake.drain().expect("no refusal");
        ledger(&intake);
    }
    sink.give_room(1_000_000);
    let mut rounds = 0;
    while intake.waiting() > 0 {
        rounds += 1;
        assert!(rounds < 100, "{:?}", ledger(&intake));
        advance(Duration::from_millis(100)).await;
        acknowledge(&sink, u64::MAX);
        intake.drain().expect("no refusal");
    }
    acknowledge(&sink, u64::MAX);
    intake.acknowledge();
    let (ended, _) = intake.close(0);
    assert_eq!(ended.inputs(), ended.accounted(), "{ended:?}");
    assert_eq!(ended.spooled, 0);
    assert_eq!(received + ended.received, done + ended.accounted());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_spool_has_lost_counts_once(
        steps in prop::collection::vec(step(), 1..50),
        drops in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()?;
        let policy = if drops { "drop_oldest" } else { "block" };
        runtime.block_on(the_account_balances(steps, policy));
    }
}
