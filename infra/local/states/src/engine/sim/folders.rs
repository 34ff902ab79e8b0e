//! A folder that an engine makes is there after a crash, with what was acknowledged in it.

use std::path::Path;

use serde_json::json;

use super::disk::SimDisk;
use super::hand::Driven;
use crate::log::{Files, make_dirs};

/// Is a file still there after a crash that was made in this folder before it?
fn outlives(disk: &SimDisk, dir: &Path) -> bool {
    let file = dir.join("secret");
    let mut parts = std::iter::once(b"there".to_vec());
    disk.replace(&file, &mut parts).expect("written");
    disk.crash();
    disk.read(&file).is_ok()
}

#[test]
fn folders_are_durable_by_name_with_all_above_them() {
    let disk = SimDisk::new(1);
    disk.make_dir(Path::new("/loose")).expect("made");
    assert!(!outlives(&disk, Path::new("/loose")), "it is not synced");
    make_dirs(&disk, Path::new("/a/b/log")).expect("made");
    assert!(outlives(&disk, Path::new("/a/b/log")));
    // As a process leaves it that died behind the first step.
    disk.make_dir(Path::new("/late")).expect("made");
    make_dirs(&disk, Path::new("/late")).expect("there");
    assert!(outlives(&disk, Path::new("/late")));
}

#[test]
fn a_folder_may_be_in_one_that_is_not_ours_to_open() {
    let disk = SimDisk::new(1);
    let (theirs, ours) = (Path::new("/lib"), Path::new("/lib/states"));
    make_dirs(&disk, ours).expect("made");
    disk.give_away(theirs);
    make_dirs(&disk, ours).expect("it is there");
    make_dirs(&disk, &ours.join("log")).expect("made in ours");
    // What we make there ourselves would not outlive a crash.
    make_dirs(&disk, &theirs.join("new")).expect_err("it cannot be made durable");
}

#[test]
fn what_was_acknowledged_in_a_new_folder_outlives_a_crash() {
    for made_before in [false, true] {
        let world = Driven::new();
        if made_before {
            // As the program does for its data.
            world.disk.make_dir(Path::new("/driven")).expect("made");
        }
        let engine = world.open();
        let machine = world.machine(&engine, "m", &json!({ "Type": "Succeed" }));
        world.kill(engine);
        let engine = world.open();
        let asked = json!({ "stateMachineArn": machine });
        let told = world.ask(&engine, "DescribeStateMachine", &asked);
        assert_eq!(told["status"], "ACTIVE", "{told}");
    }
}
