use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use super::*;

fn desk() -> (tempfile::TempDir, Desk, Receiver<()>) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::under(folder.path());
    let (told, wakes) = channel();
    let told = Mutex::new(told);
    let desk = Desk::new(home, move || {
        let _ = lock(&told).send(());
    });
    (folder, desk, wakes)
}

/// Until it is so.
fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_last_answer_stays_until_the_next_is_there() {
    let (_folder, desk, _wakes) = desk();
    let mut slot = Slot::<u8, u32>::default();
    slot.want(&desk, 1, |_| Ok(10));
    wait("the first answer", || slot.shown() == Some(&10));
    let (go, gate) = sync_channel::<()>(1);
    slot.want(&desk, 2, move |_| {
        let _ = gate.recv();
        Ok(20)
    });
    assert!(slot.is_waiting());
    assert_eq!(slot.shown_with_key(), Some((&1, &10)));
    go.send(()).unwrap();
    wait("the second answer", || slot.shown_with_key() == Some((&2, &20)));
    assert!(!slot.is_waiting());
}

#[test]
fn what_nobody_wants_any_more_is_not_shown() {
    let (_folder, desk, _wakes) = desk();
    let mut slot = Slot::<u8, u32>::default();
    let (go, gate) = sync_channel::<()>(1);
    slot.want(&desk, 1, move |_| {
        let _ = gate.recv();
        Ok(10)
    });
    slot.want(&desk, 2, |_| Ok(20));
    wait("the newer answer", || slot.shown() == Some(&20));
    // It may have been given up before it began.
    let _ = go.send(());
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(slot.shown(), Some(&20));
}

#[test]
fn a_failure_keeps_the_picture_and_says_why() {
    let (_folder, desk, _wakes) = desk();
    let mut slot = Slot::<u8, u32>::default();
    slot.want(&desk, 1, |_| Ok(10));
    wait("the answer", || slot.shown().is_some());
    slot.want(&desk, 2, |_| Err(Problem::new("The disk is gone")));
    wait("the problem", || slot.problem().is_some());
    assert_eq!(slot.shown(), Some(&10));
    slot.ask_again();
    assert!(slot.problem().is_none());
    slot.want(&desk, 2, |_| Ok(20));
    wait("the next answer", || slot.shown() == Some(&20));
}

#[test]
fn long_work_holds_up_no_page_and_can_be_given_up() {
    let (_folder, desk, _wakes) = desk();
    let mut long = Slot::<u8, u32>::default();
    let (told, ended) = channel();
    for key in 0..4 {
        let told = told.clone();
        long.want_long(&desk, key, move |shelf| {
            while !shelf.is_unwanted() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = told.send(key);
            Ok(0)
        });
    }
    let mut quick = Slot::<u8, u32>::default();
    quick.want(&desk, 1, |_| Ok(1));
    wait("the quick answer", || quick.shown().is_some());
    drop(long);
    // The first may have been given up before it began.
    wait("the end of the last", || desk_is_free(&desk));
    drop(told);
    assert!(ended.iter().count() <= 4);
}

fn desk_is_free(desk: &Desk) -> bool {
    let mut slot = Slot::<u8, ()>::default();
    slot.want_long(desk, 0, |_| Ok(()));
    std::thread::sleep(Duration::from_millis(20));
    slot.shown().is_some()
}

#[test]
fn an_answer_wakes_the_window() {
    let (_folder, desk, wakes) = desk();
    wait("the knowledge", || desk.knowledge().is_some());
    wakes.recv_timeout(Duration::from_secs(20)).unwrap();
    desk.look_again();
    let mut slot = Slot::<u8, u32>::default();
    slot.want(&desk, 1, |_| Ok(10));
    wakes.recv_timeout(Duration::from_secs(20)).unwrap();
    wait("the answer", || slot.shown().is_some());
    assert!(wakes.recv_timeout(Duration::from_millis(50)).is_err(), "woken for nothing");
}

#[test]
fn an_empty_home_has_no_store_and_says_so_quietly() {
    let (_folder, desk, _wakes) = desk();
    let mut slot = Slot::<u8, bool>::default();
    slot.want(&desk, 1, |shelf| Ok(shelf.reader()?.is_none()));
    wait("the answer", || slot.shown() == Some(&true));
}
